import type { TelemetrySpec } from '../../../istio/generated/telemetry';
import { child, Report } from '../finding';
import { DOCS } from './common';
import { checkLogFilter } from './log-filter';
import { checkTarget } from './policy-target';

const SEE = `${DOCS}/telemetry/`;

/** What istiod's admission demands of a Telemetry beyond its schema. */
export function checkTelemetry(spec: TelemetrySpec, report: Report): void {
  checkTarget(report, spec);
  for (const part of ['metrics', 'tracing', 'accessLogging'] as const) {
    (spec[part] ?? []).forEach((entry, index) => checkProviders(entry.providers, child(child(child('spec', part), index), 'providers'), report));
  }
  (spec.accessLogging ?? []).forEach(({ filter }, index) => {
    if (filter?.expression !== undefined) {
      checkLogFilter(filter.expression, `spec.accessLogging[${index}].filter.expression`, report);
    }
  });
  checkTracing(spec, report);
  checkOverrides(spec, report);
}

function checkOverrides(spec: TelemetrySpec, report: Report): void {
  (spec.metrics ?? []).forEach((metrics, index) =>
    (metrics.overrides ?? []).forEach((override, number) => {
      for (const [name, tag] of Object.entries(override.tagOverrides ?? {})) {
        if ((tag.operation ?? 'UPSERT') === 'UPSERT' && !tag.value) {
          const field = child(`spec.metrics[${index}].overrides[${number}].tagOverrides`, name);
          bad(report, field, tag, 'a tag that is written has a value', 'Give `value`, or set `operation: REMOVE`');
        }
      }
    }),
  );
}

function checkTracing(spec: TelemetrySpec, report: Report): void {
  const tracing = spec.tracing ?? [];
  if (tracing.length > 1) {
    report.warning('AI1101', 'spec.tracing', { rule: 'only one entry of `tracing` is looked at', mend: 'Join the entries', see: SEE });
  }
  tracing.forEach((entry, index) => {
    const at = child('spec.tracing', index);
    if ((entry.providers ?? []).length > 1) {
      report.warning('AI1101', child(at, 'providers'), { value: entry.providers, rule: 'traces go to one provider', mend: 'Keep one of them', see: SEE });
    }
    const share = entry.randomSamplingPercentage ?? 0;
    if (share < 0 || share > 100) {
      bad(report, child(at, 'randomSamplingPercentage'), share, 'a percentage is from 0 to 100', 'Give a percentage in that range');
    }
    for (const [name, tag] of Object.entries(entry.customTags ?? {})) {
      const field = child(child(at, 'customTags'), name);
      if (name === '') {
        bad(report, field, name, 'a tag has a name', 'Name the tag');
      }
      if ((tag.literal && !tag.literal.value) || (tag.header && !tag.header.name) || (tag.environment && !tag.environment.name)) {
        bad(report, field, tag, 'a tag says where its value comes from', 'Give `literal.value`, `header.name` or `environment.name`');
      }
    }
  });
}

function checkProviders(providers: readonly { readonly name?: string }[] | undefined, at: string, report: Report): void {
  (providers ?? []).forEach(({ name }, index) => {
    if (!name) {
      bad(report, child(child(at, index), 'name'), name, 'a provider is known by the name that MeshConfig gives it', 'Give `name`');
    }
  });
}

function bad(report: Report, field: string, value: unknown, rule: string, mend: string): void {
  report.error('AI1102', field, { value, rule, mend, see: SEE });
}
