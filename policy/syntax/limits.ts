// Limits of the grammar, far above what real profiles use.

/** How deep profiles and brackets may nest. Real profiles need 4. */
export const maxDepth = 100;

/**
 * How deep blocks and conditionals may nest, an `else if` being a level: apparmor_parser has room for 10,000 symbols
 * (bison's YYMAXDEPTH), and a level takes 8 at most.
 */
export const maxBlocks = 1100;

/**
 * The maximum number of statements in one file, comments on their own line included. The largest of the published
 * profiles has under 400.
 */
export const maxStatements = 10_000;
