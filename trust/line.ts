/**
 * One line of text for people: no control character or other end of line, so that it can stand in
 * a log, a list or on a terminal without being taken for more than it is; and no half of a surrogate pair,
 * which no UTF-8 can hold.
 */
export const linePattern = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u;
