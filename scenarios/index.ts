import type { Construct } from 'constructs';
import { BookinfoTraffic, BookinfoTrafficProps } from '../constructs/bookinfo/bookinfo-traffic';
import { Problem, throwOnProblems } from '../constructs/validation';
import { suggest } from '../constructs/validation/suggest';
import * as access from './access';
import * as database from './database';
import * as egress from './egress';
import { ratingsEjection } from './ejection';
import * as faults from './faults';
import * as gatewayApi from './gateway-api';
import * as ingress from './ingress';
import * as rateLimits from './rate-limits';
import * as routing from './routing';
import * as security from './security';
import * as authorizer from './security-authorizer';
import { jwt } from './security-jwt';
import * as telemetry from './telemetry';
import type { Scenario } from './scenario';

export * from './expectation';
export * from './needs';
export { scenarioProviders } from './providers';
export * from './scenario';
export * from './simulated-call';

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
  ratingsEjection,
  routing.reviewsMirrorV3,
  access.ingressPrefix,
  access.ingressSecondHost,
  ingress.ingressHttps,
  ingress.ingressAcme,
  access.allMtls,
  access.detailsPlaintext,
  access.detailsDenied,
  security.denyAll,
  security.denyAllButDetails,
  security.mtlsMigration,
  jwt,
  rateLimits.reviewsUserLimit,
  rateLimits.ingressPathLimit,
  authorizer.extAuthzGrpc,
  authorizer.extAuthzHttp,
  egress.egressHost,
  egress.egressTlsOrigination,
  egress.egressGateway,
  egress.egressBlocked,
  egress.detailsV2,
  egress.egressGoogleApis,
  gatewayApi.gatewayApiIngress,
  gatewayApi.gatewayApiAllV1,
  gatewayApi.gatewayApiReviews90To10,
  gatewayApi.gatewayApiReviews50V3,
  gatewayApi.gatewayApiReviewsV3,
  gatewayApi.gatewayApiJasonV2,
  database.ratingsMysql,
  database.ratingsMongodb,
  database.ratingsMysqlVm,
  telemetry.accessLogErrors,
  telemetry.traceSampling,
  telemetry.metricTags,
];

/** @throws ProblemError naming the scenario that is likely meant where there is none of this name */
export function findScenario(name: string): Scenario {
  throwOnProblems('There is no such scenario:', scenarioProblems(name, 'traffic.scenario'));
  return SCENARIOS.find((candidate) => candidate.name === name) as Scenario;
}

/** What is wrong with the name of a scenario; nothing where there is one of this name. */
export function scenarioProblems(name: string, at: string): Problem[] {
  const names = SCENARIOS.map((scenario) => scenario.name);
  if (names.includes(name)) {
    return [];
  }
  const mend = suggest(name, names, '`aks-istio scenario <environment>` lists them, and so does docs/scenarios.md');
  return [{ at, value: name, rule: 'there is no scenario of this name', mend }];
}

/** Puts Bookinfo's traffic below a scope, as a scenario wants it. */
export function addScenario(scope: Construct, id: string, scenario: Scenario, props: BookinfoTrafficProps): BookinfoTraffic {
  const traffic = new BookinfoTraffic(scope, id, { ...props, ...scenario.start });
  scenario.apply(traffic);
  return traffic;
}
