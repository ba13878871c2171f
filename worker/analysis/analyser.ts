import type { Analyser, PermissionAnalyser } from '../ports.ts';
import { analysePackage } from './analyse.ts';
import { compareLines } from './line-diff.ts';
import { compareTexts, summarizeText } from './permissions.ts';
import { wideningOf } from './widening.ts';

/** The queue of the analyser is full. */
export class Busy extends Error {}

/** Analyses in the calling thread: for Workers, which have no threads and limit each request. */
export const analyseHere: Analyser = async (pack) => analysePackage(pack);

/** As {@link analyseHere}, of what profiles permit. */
export const permissionsHere: PermissionAnalyser = {
  summarize: async (task) => summarizeText(task),
  compare: async (task) => compareTexts(task),
  lines: async (task) => compareLines(task),
  widening: async (task) => wideningOf(task),
};
