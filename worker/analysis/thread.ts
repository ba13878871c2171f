// The program of an analysis thread on Node (threads.ts): receives one package at a time and sends back its analysis.
import { parentPort } from 'node:worker_threads';
import type { Package } from '../../db/analyses.ts';
import { analysePackage } from './analyse.ts';

parentPort?.on('message', (pack: Package) => parentPort?.postMessage(analysePackage(pack)));
