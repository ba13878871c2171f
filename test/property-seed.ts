// Property tests try the same inputs in every run, so that a failure is caused by a change. AA_TEST_SEED=NUMBER tries
// other inputs.
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.AA_TEST_SEED ?? 1) });
