import { throwOnProblems } from '../constructs/validation';
import { ratingsAbort, ratingsDelay } from './faults';
import { allV1, jasonV2, reviews90To10, reviewsMirrorV3 } from './routing';
import type { Scenario } from './scenario';

export * from './expectation';
export * from './scenario';

/** Every scenario, in the order in which they tell a story. */
export const SCENARIOS: readonly Scenario[] = [allV1, reviews90To10, jasonV2, ratingsDelay, ratingsAbort, reviewsMirrorV3];

/** @throws ProblemError naming the scenarios where there is none of this name */
export function findScenario(name: string): Scenario {
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (!scenario) {
    throwOnProblems('Unknown scenario:', [
      { at: 'traffic.scenario', value: name, rule: 'there is no scenario of this name', mend: `Take one of ${SCENARIOS.map((known) => known.name).join(', ')}` },
    ]);
  }
  return scenario as Scenario;
}
