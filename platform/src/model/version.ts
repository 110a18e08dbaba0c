/** Of the platform as a whole: what the API document, the status and `c360 --version` say. */
export const platformVersion = "0.1.0";
