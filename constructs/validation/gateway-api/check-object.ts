import type { AnyObject, ModelObject } from '../../model/object';
import type { CheckOptions } from '../istio/check-object';
import { child, Finding, Report } from '../istio/finding';
import { checkMetadata } from '../istio/metadata';
import type { Schema } from '../istio/schema';
import { Broken, holdAgainst } from '../istio/structural';
import { reportBroken } from '../istio/structural-words';
import { gatewayCelWords } from './cel-words';
import { withDefaults } from './defaults';
import { GATEWAY_CEL_RULES } from './generated/cel-rules';
import { GatewayApiRelease, GatewayKind, gatewayApiRelease } from './schema';

const SEE = 'https://gateway-api.sigs.k8s.io/';

/** Everything that the API server would say of an object of the Gateway API, in the release that the chosen Istio is built with. */
export function checkGatewayObject(object: ModelObject, options: CheckOptions = {}): Finding[] {
  const report = new Report(object);
  const release = gatewayApiRelease(options.istioVersion);
  const schema = schemaFor(release.experimental[object.kind], object);
  if (!schema) {
    notServed(report, release);
    return report.findings;
  }
  checkMetadata(report);
  const broken = holdAgainst(schema, withDefaults(schema, object.spec ?? {}), 'spec', GATEWAY_CEL_RULES);
  reportBroken(report, { name: `the Gateway API ${release.version}`, see: `${SEE}reference/spec/#${object.kind.toLowerCase()}`, words: gatewayCelWords }, broken);
  if (broken.length === 0) {
    checkChannel(report, release);
  }
  return report.findings;
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
  const mend = 'Leave it out, or install the experimental channel and set PILOT_ENABLE_ALPHA_GATEWAY_API on istiod';
  const see = `${SEE}concepts/versioning/#release-channels`;
  if (!schema) {
    const [stable] = Object.keys(standard[object.kind]?.versions ?? {});
    report.warning('AI1200', 'apiVersion', {
      value: `${object.apiVersion} ${object.kind}`,
      rule: `only the experimental channel of the Gateway API ${version} has this ${stable ? 'version' : 'kind'}`,
      mend: stable ? `Write apiVersion gateway.networking.k8s.io/${stable}` : mend,
      see,
    });
    return;
  }
  for (const broken of holdAgainst(schema, withDefaults(schema, object.spec ?? {}), 'spec', GATEWAY_CEL_RULES).filter(isOnTrial)) {
    const field = broken.kind === 'required' ? child(broken.field, broken.name) : broken.field;
    report.warning('AI1200', field, {
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
