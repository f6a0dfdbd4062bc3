import type { EnvoyFilterSpec } from '../../../istio/generated/envoy-filter';
import { child, Report } from '../finding';
import { checkRegex, checkSelector, DOCS } from './common';
import { checkPlace, checkTypes, MANAGERS, OLD_NAMES } from './envoy-patch';

type Patch = NonNullable<EnvoyFilterSpec['configPatches']>[number];

const SEE = `${DOCS}/networking/envoy-filter/`;
const OF_LISTENERS = ['LISTENER', 'FILTER_CHAIN', 'NETWORK_FILTER', 'HTTP_FILTER'];
const OF_ROUTES = ['ROUTE_CONFIGURATION', 'VIRTUAL_HOST', 'HTTP_ROUTE'];

/** What istiod's admission demands of an EnvoyFilter beyond its schema, and patches that Envoy would not take. @param minor of Istio */
export function checkEnvoyFilter(spec: EnvoyFilterSpec, report: Report, _namespace: string, minor: string): void {
  checkSelector(report, 'spec.workloadSelector', spec.workloadSelector?.labels, spec.workloadSelector !== undefined);
  (spec.configPatches ?? []).forEach((patch, index) => checkPatch(patch, child('spec.configPatches', index), report, minor));
}

function checkPatch(entry: Patch, at: string, report: Report, minor: string): void {
  const { match, patch } = entry;
  if ((match?.context as string | undefined) === 'WAYPOINT') {
    return;
  }
  if (!entry.applyTo || entry.applyTo === 'INVALID') {
    bad(report, child(at, 'applyTo'), entry.applyTo, 'a patch says what it changes', 'Give `applyTo`, such as HTTP_FILTER');
    return;
  }
  if (!patch) {
    bad(report, child(at, 'patch'), undefined, 'a patch says how it changes it', 'Give `patch` with `operation` and `value`');
    return;
  }
  const operation = child(child(at, 'patch'), 'operation');
  if (!patch.operation || patch.operation === 'INVALID') {
    bad(report, operation, patch.operation, 'a patch has an operation', 'Write one of MERGE, ADD, REMOVE, INSERT_BEFORE, INSERT_AFTER, INSERT_FIRST, REPLACE');
    return;
  }
  if (patch.operation !== 'REMOVE' && patch.value === undefined) {
    bad(report, child(child(at, 'patch'), 'value'), undefined, `${patch.operation} needs what to put there`, 'Give `value`');
    return;
  }
  if (match?.proxy?.proxyVersion) {
    checkRegex(report, `${at}.match.proxy.proxyVersion`, match.proxy.proxyVersion);
  }
  checkMatch(entry, child(at, 'match'), report);
  checkTypes(patch.value, child(child(at, 'patch'), 'value'), report, minor);
  checkPlace(entry, at, report);
  checkEffect(entry, operation, report);
}

function checkMatch({ applyTo, match }: Patch, at: string, report: Report): void {
  const given = (['listener', 'routeConfiguration', 'cluster'] as const).find((name) => match?.[name] !== undefined);
  const wanted = OF_LISTENERS.includes(applyTo!) ? 'listener' : OF_ROUTES.includes(applyTo!) ? 'routeConfiguration' : applyTo === 'CLUSTER' ? 'cluster' : undefined;
  if (given && wanted && given !== wanted) {
    bad(report, child(at, given), given, `${applyTo} is found by \`${wanted}\``, `Write \`${wanted}\` in place of \`${given}\``);
    return;
  }
  const filter = match?.listener?.filterChain?.filter;
  if (!filter || wanted !== 'listener') {
    return;
  }
  const field = `${at}.listener.filterChain.filter`;
  if (applyTo === 'LISTENER' || applyTo === 'FILTER_CHAIN') {
    report.warning('AI0702', field, { rule: `a filter does not choose a ${applyTo}`, mend: 'Drop it', see: SEE });
  }
  if (!filter.name) {
    bad(report, child(field, 'name'), undefined, 'a filter is found by its name', 'Give `name`');
    return;
  }
  if (filter.subFilter) {
    if (applyTo !== 'HTTP_FILTER') {
      bad(report, child(field, 'subFilter'), applyTo, 'only an HTTP_FILTER lies within another filter', 'Drop `subFilter`, or write `applyTo: HTTP_FILTER`');
    } else if (!MANAGERS.includes(filter.name)) {
      bad(report, child(field, 'name'), filter.name, 'HTTP filters lie within the HTTP connection manager', `Write ${MANAGERS[0]}`);
    } else if (!filter.subFilter.name) {
      bad(report, `${field}.subFilter.name`, undefined, 'a filter is found by its name', 'Give `name`');
    }
  }
  for (const [name, path] of [[filter.name, 'name'], [filter.subFilter?.name, 'subFilter.name']] as const) {
    if (name && OLD_NAMES[name]) {
      report.warning('AI0703', `${field}.${path}`, { value: name, rule: 'the filter has another name today', mend: `Write ${OLD_NAMES[name]}`, see: SEE });
    }
  }
}

/** Operations that istiod would ignore; `istioctl analyze` has a code for each. */
function checkEffect({ applyTo, patch }: Patch, field: string, report: Report): void {
  const ofRoutes = applyTo === 'ROUTE_CONFIGURATION' || applyTo === 'HTTP_ROUTE';
  if (ofRoutes && patch!.operation === 'ADD') {
    report.error('IST0153', field, { value: 'ADD', rule: `ADD does nothing to a ${applyTo}`, mend: 'Use MERGE, or INSERT_FIRST for an HTTP_ROUTE', see: SEE });
  } else if (ofRoutes && patch!.operation === 'REMOVE') {
    report.error('IST0154', field, { value: 'REMOVE', rule: `REMOVE does nothing to a ${applyTo}`, mend: 'Use MERGE', see: SEE });
  } else if (patch!.operation === 'REPLACE' && !['HTTP_FILTER', 'NETWORK_FILTER'].includes(applyTo!)) {
    report.error('IST0152', field, { value: 'REPLACE', rule: 'only an HTTP_FILTER or a NETWORK_FILTER can be replaced', mend: 'Use MERGE, or REMOVE and ADD', see: SEE });
  }
}

function bad(report: Report, field: string, value: unknown, rule: string, mend: string): void {
  report.error('AI0701', field, { value, rule, mend, see: SEE });
}
