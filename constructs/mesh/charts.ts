import * as path from 'node:path';
import type { ReleaseConfig } from '@cdktf/provider-helm/lib/release';
import type { Values } from '../kubernetes/values';

/**
 * Where Istio's charts come from: a chart repository, an OCI registry, or a folder with one folder for each chart
 * (`base/`, `istiod/`, `gateway/`, `cni/`).
 */
export type IstioChartSource =
  | { readonly kind: 'repository'; readonly url: string }
  | { readonly kind: 'oci'; readonly url: string }
  | { readonly kind: 'folder'; readonly path: string };

/** The charts of Istio that we install. */
export type IstioChart = 'base' | 'cni' | 'istiod' | 'gateway';

/** Values given to each chart over our own. */
export type IstioChartValues = Readonly<Partial<Record<IstioChart, Values>>>;

/** Istio's own chart repository. @see https://istio.io/latest/docs/setup/install/helm/ */
export const ISTIO_CHARTS: IstioChartSource = { kind: 'repository', url: 'https://blob.istio.io/istio-release/charts' };

/** How a release names one of the charts. */
export function chartOf(source: IstioChartSource, chart: IstioChart, version: string): Pick<ReleaseConfig, 'chart' | 'repository' | 'version'> {
  // A chart in a folder carries a version of its own, which Helm would refuse to match.
  return source.kind === 'folder' ? { chart: path.join(source.path, chart) } : { repository: source.url, chart, version };
}
