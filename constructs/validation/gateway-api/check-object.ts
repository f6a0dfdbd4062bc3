import type { AnyObject, ModelObject } from '../../model/object';
import type { CheckOptions } from '../istio/check-object';
import { child, Finding, ON_TRIAL, Report } from '../istio/finding';
import { checkMetadata } from '../istio/metadata';
import type { Schema } from '../istio/schema';
import { Broken, holdAgainst } from '../istio/structural';
import { ApiWords, reportBroken } from '../istio/structural-words';
import { gatewayCelWords } from './cel-words';
import { withDefaults } from './defaults';
import { GATEWAY_CEL_RULES } from './generated/cel-rules';
import { gatewayApiAfter, GatewayApiRelease, gatewayApiRelease, GatewayKind } from './schema';

const SEE = 'https://gateway-api.sigs.k8s.io/';

/** Everything that the API server would say of an object of the Gateway API: of the cluster's release, or the one that goes with the chosen Istio. */
export function checkGatewayObject(object: ModelObject, options: CheckOptions = {}): Finding[] {
  const report = new Report(object);
  const release = gatewayApiRelease(options.istioVersion, options.gatewayApiVersion);
  const schema = schemaFor(release.experimental[object.kind], object);
  if (!schema) {
    notServed(report, release);
    return report.findings;
  }
  checkMetadata(report);
  const broken = brokenIn(schema, object);
  const words: ApiWords = {
    name: `the Gateway API ${release.version}`,
    see: `${SEE}reference/spec/#${object.kind.toLowerCase()}`,
    words: gatewayCelWords,
    since: (one) => laterOf(object, release, one),
  };
  reportBroken(report, words, broken);
  if (broken.length === 0) {
    checkChannel(report, release);
  }
  return report.findings;
}

function brokenIn(schema: Schema, { spec }: AnyObject): Broken[] {
  return holdAgainst(schema, withDefaults(schema, spec ?? {}), 'spec', GATEWAY_CEL_RULES);
}

/** Says from which release on a field or a value is there. */
function laterOf(object: ModelObject, release: GatewayApiRelease, broken: Broken): string | undefined {
  const later = gatewayApiAfter(release).find(({ experimental }) => {
    const schema = schemaFor(experimental[object.kind], object);
    return schema && !brokenIn(schema, object).some(({ kind, field }) => kind === broken.kind && field === broken.field);
  });
  return later && `The Gateway API has it from ${later.version} on: leave it out, or install that release`;
}

function notServed(report: Report, { version, experimental }: GatewayApiRelease): void {
  const { apiVersion, kind } = report.object;
  const known = experimental[kind];
  report.error('AI0010', known ? 'apiVersion' : 'kind', {
    value: `${apiVersion} ${kind}`,
    rule: `the Gateway API ${version} does not serve this ${known ? 'version' : 'kind'}`,
    mend: known ? `Write apiVersion gateway.networking.k8s.io/${Object.keys(known.versions)[0]}` : `Write one of ${Object.keys(experimental).join(', ')}`,
    see: SEE,
  });
}

/** Warns of what only the experimental channel has: where the standard one is installed, the API server refuses it or takes it away. */
function checkChannel(report: Report, { version, standard }: GatewayApiRelease): void {
  const { object } = report;
  const schema = schemaFor(standard[object.kind], object);
  const mend = 'Leave it out, or install the experimental channel';
  const see = `${SEE}concepts/versioning/#release-channels`;
  if (!schema) {
    const [stable] = Object.keys(standard[object.kind]?.versions ?? {});
    report.warning(ON_TRIAL, 'apiVersion', {
      value: `${object.apiVersion} ${object.kind}`,
      rule: `only the experimental channel of the Gateway API ${version} has this ${stable ? 'version' : 'kind'}`,
      mend: stable ? `Write apiVersion gateway.networking.k8s.io/${stable}` : `${mend} and set PILOT_ENABLE_ALPHA_GATEWAY_API on istiod`,
      see,
    });
    return;
  }
  for (const broken of brokenIn(schema, object).filter(isOnTrial)) {
    const field = broken.kind === 'required' ? child(broken.field, broken.name) : broken.field;
    report.warning(ON_TRIAL, field, {
      value: 'value' in broken ? broken.value : undefined,
      rule: `only the experimental channel of the Gateway API ${version} has this ${broken.kind === 'enum' ? 'value' : 'field'}`,
      mend,
      see,
    });
  }
}

function isOnTrial({ kind }: Broken): boolean {
  return kind === 'unknown' || kind === 'enum';
}

function schemaFor(kind: GatewayKind | undefined, { apiVersion }: AnyObject): Schema | undefined {
  const place = kind?.versions[apiVersion.slice(apiVersion.indexOf('/') + 1)];
  return place === undefined ? undefined : kind!.specs[place];
}
