import type { Package } from '../../db/analyses.ts';
import { type Analysed, analysePackage } from './analyse.ts';

/**
 * Analyses a package on behalf of somebody, a team for example, so that nobody waits for what others send. Rejects with
 * {@link Busy} when too many wait already.
 */
export type Analyser = (pack: Package, onBehalfOf: string) => Promise<Analysed>;

/** No more packages can wait to be analysed. */
export class Busy extends Error {}

/** Analyses where it is called: on Workers, where there are no threads and the runtime itself limits a request. */
export const analyseHere: Analyser = async (pack) => analysePackage(pack);
