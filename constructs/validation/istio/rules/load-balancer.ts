import { child, Report } from '../finding';
import { checkDuration, DOCS } from './common';
import type { TrafficPolicy } from './destination-rule';
import { checkLocality } from './locality';

type LoadBalancer = NonNullable<TrafficPolicy['loadBalancer']>;

const SEE = `${DOCS}/networking/destination-rule/#LoadBalancerSettings`;
const LARGEST_TABLE = 5_000_011;

/** Which endpoint a request goes to. @param watched endpoints that fail are ejected, so that there is something to fail over from */
export function checkLoadBalancer(balancer: LoadBalancer | undefined, watched: boolean, at: string, report: Report): void {
  if (!balancer) {
    return;
  }
  // Of Istio 1.31, as the schema says to others.
  if ((balancer as { readonly zoneAwareLbSetting?: object }).zoneAwareLbSetting && balancer.localityLbSetting) {
    report.error('AI0220', child(at, 'zoneAwareLbSetting'), {
      rule: 'endpoints are preferred by locality in one way or the other, not both',
      mend: 'Drop `localityLbSetting` or `zoneAwareLbSetting`',
      see: SEE,
    });
  }
  checkHash(balancer.consistentHash, child(at, 'consistentHash'), report);
  checkLocality(balancer.localityLbSetting, watched, child(at, 'localityLbSetting'), report);
  const { warmup } = balancer;
  if (warmup) {
    const field = child(at, 'warmup');
    checkDuration(report, child(field, 'duration'), warmup.duration);
    if ((warmup.minimumPercent ?? 0) > 100) {
      report.error('AI0215', child(field, 'minimumPercent'), { value: warmup.minimumPercent, rule: 'a percentage is at most 100', mend: 'Give 100 or less', see: SEE });
    }
    if (warmup.aggression !== undefined && warmup.aggression < 1) {
      report.error('AI0215', child(field, 'aggression'), { value: warmup.aggression, rule: 'the aggression of a warm-up is at least 1', mend: 'Give 1 or more', see: SEE });
    }
  }
}

function checkHash(hash: LoadBalancer['consistentHash'], at: string, report: Report): void {
  if (!hash) {
    return;
  }
  const bad = (field: string, value: unknown, rule: string, mend: string): void => report.error('AI0216', field, { value, rule, mend, see: SEE });
  const cookie = child(at, 'httpCookie');
  if (hash.httpCookie && !hash.httpCookie.name) {
    bad(child(cookie, 'name'), hash.httpCookie.name, 'a cookie has a name', 'Give `name`');
  }
  const names = new Set<string>();
  (hash.httpCookie?.attributes ?? []).forEach(({ name }, index) => {
    if (!name || names.has(name)) {
      bad(child(child(cookie, 'attributes'), index), name, 'each attribute of a cookie has a name of its own', 'Name it, or drop the repeated one');
    }
    names.add(name ?? '');
  });
  if (hash.minimumRingSize) {
    const field = child(at, 'minimumRingSize');
    report.warning('AI0217', field, { value: hash.minimumRingSize, rule: 'this field is deprecated', mend: 'Write `ringHash: {minimumRingSize: ...}`', see: SEE });
    if (hash.ringHash || hash.maglev) {
      bad(field, hash.minimumRingSize, 'the size of the ring is said once', 'Drop it: `ringHash` or `maglev` says it');
    }
  }
  if (hash.maglev) {
    const size = hash.maglev.tableSize ?? 0;
    if (size >= LARGEST_TABLE || !isPrime(size)) {
      bad(child(child(at, 'maglev'), 'tableSize'), hash.maglev.tableSize, `the size of a Maglev table is a prime number below ${LARGEST_TABLE}`, 'Write such as 65537');
    }
  }
}

/** As the proxies see it, 1 included. */
function isPrime(number: number): boolean {
  if (number > 0 && number < 4) {
    return true;
  }
  if (number % 2 === 0) {
    return false;
  }
  for (let factor = 3; factor * factor <= number; factor += 2) {
    if (number % factor === 0) {
      return false;
    }
  }
  return true;
}
