/**
 * One line of text for people. No control characters and line separators, so that it can't disturb a log, a list or a
 * terminal; no unpaired surrogates, which UTF-8 can't encode.
 */
export const linePattern = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u;
