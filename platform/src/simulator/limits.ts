/** Phone numbers are two of ten million a person. */
export const maxCustomers = 5_000_000;
export const maxDays = 3_660;
