/** Not where somebody's own data are. */
export const defaultDemoDir = "./demo-data";
