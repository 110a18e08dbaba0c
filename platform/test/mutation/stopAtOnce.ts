import fc from "fast-check";

/** That a property fails is enough; what fails it in the end takes minutes to shrink. */
fc.configureGlobal({ endOnFailure: true });
