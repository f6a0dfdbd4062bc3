import * as fs from 'node:fs';
import * as path from 'node:path';
import { istioApi, Schema } from '../istio/schema';

/** A kind of the Gateway API in one channel of one release. */
export interface GatewayKind {
  readonly namespaced: boolean;
  /** Served versions of the API, newest first, and the place of each one's schema. */
  readonly versions: Readonly<Record<string, number>>;
  readonly specs: readonly Schema[];
}

type Kinds = Readonly<Record<string, GatewayKind>>;

/** A release of the Gateway API. */
export interface GatewayApiRelease {
  readonly version: string;
  /** What every installation has. */
  readonly standard: Kinds;
  /** The standard kinds with the fields on trial, and the kinds on trial. */
  readonly experimental: Kinds;
}

/** The release that each minor of Istio is built with. */
const RELEASES: Readonly<Record<string, string>> = { '1.28': '1.4.0', '1.29': '1.4.0', '1.30': '1.5.1', '1.31': '1.6.0' };

const loaded = new Map<string, GatewayApiRelease>();

const VERSIONS: readonly string[] = [...new Set(Object.values(RELEASES))];

/**
 * The release of the Gateway API that goes with a version of Istio; where the cluster's is known that one, or the nearest older one that
 * there are schemas of.
 * @param istioVersion @default the version that this package installs
 * @param clusterVersion such as `1.4.0`. @default unknown
 * @throws Error for what is no version of Istio
 */
export function gatewayApiRelease(istioVersion?: string, clusterVersion?: string): GatewayApiRelease {
  const usual = RELEASES[istioApi(istioVersion).minor]!;
  return load(clusterVersion === undefined ? usual : (VERSIONS.findLast((version) => minorOf(version) <= minorOf(clusterVersion)) ?? VERSIONS[0]!));
}

/** Releases after one, oldest first. */
export function gatewayApiAfter({ version }: GatewayApiRelease): GatewayApiRelease[] {
  return VERSIONS.slice(VERSIONS.indexOf(version) + 1).map(load);
}

function minorOf(version: string): number {
  return Number(version.split('.')[1]);
}

function load(version: string): GatewayApiRelease {
  const known = loaded.get(version);
  if (known) {
    return known;
  }
  const release = JSON.parse(fs.readFileSync(path.join(__dirname, 'generated', `gateway-api-${version}.json`), 'utf8')) as GatewayApiRelease;
  loaded.set(version, release);
  return release;
}
