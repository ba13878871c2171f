// Limits of the grammar, far above what real profiles use.

/** How deep profiles, blocks, conditionals and brackets may nest. Real profiles need 4. */
export const maxDepth = 100;
