import { child, Report } from '../finding';
import { DOCS } from './common';
import type { TrafficPolicy } from './destination-rule';

type Locality = NonNullable<TrafficPolicy['loadBalancer']>['localityLbSetting'];

const SEE = `${DOCS}/networking/destination-rule/#LocalityLoadBalancerSetting`;
const TOPOLOGY = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone'];

/** Regions and zones: how traffic is spread over them, and where it goes when one fails. */
export function checkLocality(locality: Locality, watched: boolean, at: string, report: Report): void {
  if (!locality) {
    return;
  }
  const bad = (field: string, value: unknown, rule: string, mend: string): void => report.error('AI0218', field, { value, rule, mend, see: SEE });
  const { distribute = [], failover = [], failoverPriority = [] } = locality;
  if (distribute.length > 0 && failover.length > 0) {
    bad(at, undefined, 'traffic is either spread by weights or fails over', 'Keep one of `distribute` and `failover`');
    return;
  }
  const topology = failoverPriority.filter((label) => TOPOLOGY.includes(label));
  if (failover.length > 0 && topology.length > 0) {
    bad(child(at, 'failoverPriority'), topology, '`failover` and labels of the topology in `failoverPriority` contradict each other', 'Keep one of the two');
    return;
  }
  distribute.forEach((rule, index) => {
    const to = child(child(child(at, 'distribute'), index), 'to');
    const weights = Object.values(rule.to ?? {});
    const sum = weights.reduce((total, weight) => total + weight, 0);
    if (weights.some((weight) => weight < 1 || weight > 100) || sum !== 100) {
      bad(to, rule.to, `weights of localities are from 1 to 100 and add up to 100, not to ${sum}`, 'Correct the weights');
    } else {
      checkLocalities(Object.keys(rule.to ?? {}), to, bad);
    }
  });
  checkLocalities(distribute.map(({ from }) => from ?? ''), child(at, 'distribute'), bad);
  if (failover.length + failoverPriority.length > 0 && !watched) {
    report.warning('AI0219', at, {
      rule: 'without outlier detection nobody notices that a locality fails',
      mend: 'Give `outlierDetection` beside `loadBalancer`',
      see: SEE,
    });
  }
  failover.forEach(({ from = '', to = '' }, index) => {
    const field = child(child(at, 'failover'), index);
    if (from === to) {
      bad(field, { from, to }, 'a region fails over to another one', 'Name two different regions');
    }
    if (/[/*]/.test(from + to)) {
      bad(field, { from, to }, 'failover is from region to region', 'Write regions alone, without zones or wildcards');
    }
  });
}

function checkLocalities(localities: readonly string[], at: string, bad: (field: string, value: unknown, rule: string, mend: string) => void): void {
  const seen: string[] = [];
  for (const locality of localities) {
    const parts = locality.split('/');
    if (locality.indexOf('*') >= 0 && locality.indexOf('*') !== locality.length - 1) {
      bad(at, locality, 'the wildcard of a locality comes last', 'Write such as europe-west/*');
      return;
    }
    // Parts beyond region, zone and subzone are not looked at.
    if (parts.slice(0, 3).includes('')) {
      bad(at, locality, 'no part of a locality is empty', 'Write region, region/zone or region/zone/subzone');
      return;
    }
    // istiod does not notice a wildcard that comes after what it covers.
    const twin = seen.find((other) => other === '*' || covers(other, locality) || (!locality.endsWith('*') && covers(locality, other)));
    if (twin !== undefined) {
      bad(at, locality, `\`${twin}\` covers this locality already`, 'Make the localities distinct');
      return;
    }
    seen.push(locality);
  }
}

/** Whether one locality contains another: a region its zones, a zone its subzones. */
function covers(outer: string, inner: string): boolean {
  const trim = (locality: string): string[] => locality.split('/').filter((part) => part !== '*');
  const [wide, narrow] = [trim(outer), trim(inner)];
  return outer !== '*' && inner !== '*' && wide.every((part, index) => narrow[index] === part);
}
