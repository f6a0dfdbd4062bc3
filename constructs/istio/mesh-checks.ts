import { Annotations } from 'cdktf';
import { Construct } from 'constructs';
import { existingService, IService } from '../kubernetes/service';
import { ambientLabels } from '../mesh/ambient';
import { IMesh, meshOf } from '../mesh/mesh';
import type { MeshModel } from '../model/mesh-model';
import { modelOf } from '../model/from-constructs';
import type { ModelObject } from '../model/object';
import { formatProblem } from '../validation';
import { Acknowledgements } from '../validation/analysis/acknowledge';
import { analyze } from '../validation/analysis/analyze';
import { checkFlavor } from '../validation/flavor/check-flavor';
import { checkObject } from '../validation/istio/check-object';
import { child, type Finding, findingOf, ON_TRIAL } from '../validation/istio/finding';
import { IstioObject, isRefused } from './istio-object';
import { isUnknown } from './unknown';

/** Settings of {@link MeshChecks}. */
export interface MeshChecksProps {
  /** The mesh that the objects live in. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
  /** Services that are not among the constructs of the scope, because they exist already or another stack makes them. @default none */
  readonly services?: readonly IService[];
}


/**
 * Holds the objects of a scope against each other at synth, as `istioctl analyze` would against a cluster, and more: subsets that nobody
 * defines, routes that nothing reaches, policies that lock the gateway out, modes of mutual TLS that contradict each other.
 * Errors stop the synth, warnings are annotations.
 * @see https://istio.io/latest/docs/reference/config/analysis/
 */
export class MeshChecks extends Construct {
  private readonly acknowledgements = new Acknowledgements();

  constructor(scope: Construct, id: string, props: MeshChecksProps = {}) {
    super(scope, id);
    this.node.addValidation({
      validate: () => {
        const mesh = props.mesh ?? meshOf(this);
        const model = modelOf(scope, { ...props, services: [...(props.services ?? []), ...exitOf(mesh)] });
        const { open } = this.acknowledgements.sort([...this.ofObjects(scope, props, model), ...analyze(model, { whole: true })]);
        open.filter(({ severity }) => severity === 'warning').forEach((finding) => Annotations.of(this).addWarning(sentence(finding)));
        return open.filter(({ severity }) => severity === 'error').map(sentence);
      },
    });
  }

  /**
   * Accepts a finding.
   * @param code such as `IST0140`
   * @param at a construct path, which also means all below it, or an object as `Kind namespace/name`
   * @param reason why this is as it should be
   * @throws Error without a reason
   */
  acknowledge(code: string, at: string, reason: string): this {
    this.acknowledgements.acknowledge(code, at, reason);
    return this;
  }

  /** What is said of each object by itself; what it is refused for, its own construct says. */
  private ofObjects(scope: Construct, props: MeshChecksProps, model: MeshModel): Finding[] {
    const mesh = props.mesh ?? meshOf(scope);
    const checked = new Set(scope.node.findAll().filter((construct) => construct instanceof IstioObject).map(({ node }) => node.path));
    return model.objects.flatMap((object) => {
      const options = { istioVersion: model.context.istioVersion, gatewayApiVersion: mesh?.gatewayApi?.version };
      const said = checkObject(object, options).filter(({ value }) => !isUnknown(value));
      const findings = model.context.gatewayApiChannel === 'experimental' ? said.filter(({ code }) => code !== ON_TRIAL) : said;
      if (checked.has(object.origin?.constructPath ?? '')) {
        return findings.filter((finding) => !isRefused(finding));
      }
      const ofFlavor = mesh === undefined || mesh.flavor === 'existing' ? [] : checkFlavor(object, mesh.flavor, mesh.version);
      const unmeshed = ambientFindings(object, mesh).filter(({ field }) => !ofFlavor.some((said) => said.field === field));
      return [...findings, ...ofFlavor, ...unmeshed];
    });
  }
}

/** Namespaces and pods that join in ambient mode, where the mesh has none: they would be in no mesh at all. */
function ambientFindings(object: ModelObject, mesh: IMesh | undefined): Finding[] {
  const missing = mesh?.unsupported('Ambient');
  const { template } = (object.spec ?? {}) as { readonly template?: { readonly metadata?: ModelObject['metadata'] } };
  const places = [['metadata.labels', object.kind === 'Namespace' ? object.metadata.labels : undefined], ['spec.template.metadata.labels', template?.metadata?.labels]] as const;
  return places.flatMap(([field, labels]) => {
    const [label] = ambientLabels(labels);
    return missing && label
      ? [findingOf('AI2201', 'error', object, child(field, label), { value: labels?.[label], rule: missing.reason, mend: missing.alternative, see: missing.see })]
      : [];
  });
}

function sentence(finding: Finding): string {
  return `${finding.code} ${formatProblem(finding)}`;
}

/** The Service of the mesh's egress gateway, which routes of a scope lead to though another stack made it. */
function exitOf(mesh: IMesh | undefined): IService[] {
  const gateway = mesh?.egressGateway;
  if (!gateway) {
    return [];
  }
  const { serviceName, namespace, selector, serviceAccountName, ports } = gateway;
  const named = ports.map((port) => ({ name: port === 443 ? 'https' : `http-${port}`, port }));
  return [existingService({ name: serviceName, namespace, labels: selector, serviceAccountName, ports: named })];
}
