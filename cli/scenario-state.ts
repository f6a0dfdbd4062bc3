import { isDeepStrictEqual } from 'node:util';
import { SCENARIOS } from '../scenarios';
import { DesiredRelease, desiredReleases } from './engine/desired-release';
import { readStack } from './engine/stack-file';
import type { Session } from './session';
import { deployedRecord, ReleaseRecord } from './tools/releases';

/**
 * The scenario that a cluster is in: the one whose synthesised routes its release holds. The cluster has the say, not a file of ours, so the answer
 * holds whoever switched it, and with either engine.
 * @returns nothing where the routes are of no scenario, or there are none
 */
export function activeScenario(session: Session, records: readonly ReleaseRecord[]): string | undefined {
  const own = session.environment.traffic.scenario;
  const names = [own, ...SCENARIOS.map((scenario) => scenario.name).filter((name) => name !== own)];
  return names.find((name) => {
    const environment = { ...session.environment, traffic: { ...session.environment.traffic, scenario: name } };
    const traffic = session.synthesize(environment, 'scenarios').find((stack) => stack.layer === 'traffic');
    const releases = traffic ? desiredReleases(readStack(traffic.name, traffic.dir)) : [];
    const isInForce = ({ name: release, namespace, values }: DesiredRelease): boolean =>
      isDeepStrictEqual(deployedRecord(records, release, namespace)?.values, JSON.parse(JSON.stringify(values)));
    return releases.length > 0 && releases.every(isInForce);
  });
}
