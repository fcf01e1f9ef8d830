/**
 * The version of RULES.md that the engine follows. Goes up whenever the same commands come to other records, to another
 * digest, or to another state; what changed is said in section 11 there. Commands that were carried out by one version
 * are never carried out again by another.
 */
export const rulesVersion = 1
