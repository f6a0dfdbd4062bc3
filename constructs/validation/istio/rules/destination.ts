import { child, Report } from '../finding';
import { checkHost, checkPort, DOCS } from './common';
import { isDnsLabel } from './names';

interface Destination {
  readonly host?: string;
  readonly subset?: string;
  readonly port?: { readonly number?: number };
}

interface Weighted {
  readonly destination?: Destination;
  readonly weight?: number;
}

const SEE = `${DOCS}/networking/virtual-service/#Destination`;

/** Where traffic goes. */
export function checkDestination(report: Report, field: string, destination: Destination | undefined): void {
  if (!destination) {
    return;
  }
  if (destination.host === '*') {
    report.error('AI0110', child(field, 'host'), { value: '*', rule: 'a destination is one host', mend: 'Name the Service or the external host', see: SEE });
  } else {
    checkHost(report, child(field, 'host'), destination.host);
  }
  if (destination.subset && !isDnsLabel(destination.subset)) {
    report.error('AI0111', child(field, 'subset'), { value: destination.subset, rule: 'a subset is named by letters, digits and inner dashes', mend: 'Rename the subset' });
  }
  if (destination.port) {
    checkPort(report, child(child(field, 'port'), 'number'), destination.port.number);
  }
}

export function checkWeight(report: Report, field: string, weight: number | undefined): void {
  if (weight !== undefined && !(Number.isInteger(weight) && weight >= 0)) {
    report.error('AI0112', field, { value: weight, rule: 'a weight is a whole number, 0 or more', mend: 'Give whole weights; only their proportion counts' });
  }
}

/** Destinations with their shares. */
export function checkWeights(report: Report, field: string, routes: readonly Weighted[] | undefined): void {
  const list = routes ?? [];
  list.forEach((route, index) => {
    const at = child(field, index);
    checkDestination(report, child(at, 'destination'), route.destination);
    checkWeight(report, child(at, 'weight'), route.weight);
  });
  const sum = list.reduce((total, { weight }) => total + (weight ?? 0), 0);
  if (list.length > 1 && sum === 0) {
    report.error('AI0113', field, { value: list.map(({ weight }) => weight ?? 0), rule: 'of several destinations at least one has a weight', mend: 'Give each its `weight`; they usually add up to 100', see: SEE });
  } else if (list.length > 1 && sum !== 100 && list.every(({ weight }) => (weight ?? 0) >= 0)) {
    report.warning('AI0114', field, {
      value: list.map(({ weight }) => weight ?? 0),
      rule: `the weights add up to ${sum}: Istio takes them as shares of that, not as per cent`,
      mend: 'Make them add up to 100, so that they say what they look like',
      see: SEE,
    });
  }
}
