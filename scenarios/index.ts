import { throwOnProblems } from '../constructs/validation';
import * as access from './access';
import * as faults from './faults';
import * as routing from './routing';
import type { Scenario } from './scenario';

export * from './expectation';
export * from './needs';
export * from './scenario';

/** Every scenario, in the order in which they tell a story. */
export const SCENARIOS: readonly Scenario[] = [
  routing.allV1,
  routing.reviews90To10,
  routing.reviews80To20,
  routing.reviews50V3,
  routing.reviewsV2V3,
  routing.reviewsV3,
  routing.reviewsRandom,
  routing.jasonV2,
  routing.reviewsJasonV2V3,
  routing.reviewsHeaderV3,
  routing.reviewsBrowser,
  faults.ratingsDelay,
  faults.ratingsAbort,
  faults.ratingsAbortAll,
  faults.detailsFault,
  faults.reviewsTimeout,
  faults.reviewsRetries,
  faults.reviewsConnectionLimits,
  routing.reviewsMirrorV3,
  access.ingressPrefix,
  access.ingressSecondHost,
  access.allMtls,
  access.detailsPlaintext,
  access.detailsDenied,
];

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
