import { Token } from 'cdktf';
import type { Problem } from '../validation';
import type { HelmIstioProps } from './helm-istio';

/** Oldest minor version whose charts take the values that we give them. */
const OLDEST_MINOR = 28;

const VERSION = /^1\.(\d+)\.\d+(-[a-z0-9.]+)?$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

// Helm keeps release names under 54 characters, and ours is `istiod-<revision>`.
const LONGEST_REVISION = 46;

/** What is wrong with the properties of a HelmIstio. */
export function helmIstioProblems(props: HelmIstioProps, at: string): Problem[] {
  const problems: Problem[] = [];
  const { version, revision, gateway } = props;
  if (!Token.isUnresolved(version) && !(minorOf(version) >= OLDEST_MINOR)) {
    problems.push({
      at: `${at}: version`,
      value: version,
      rule: `must be a whole Istio version, 1.${OLDEST_MINOR}.0 or newer`,
      mend: 'Take a supported one, such as 1.29.1',
      see: 'https://istio.io/latest/docs/releases/supported-releases/',
    });
  }
  if (revision !== undefined && !Token.isUnresolved(revision) && (!DNS_LABEL.test(revision) || revision.length > LONGEST_REVISION)) {
    problems.push({
      at: `${at}: revision`,
      value: revision,
      rule: `must be a DNS label of at most ${LONGEST_REVISION} characters, since it becomes part of the release's name`,
      mend: `Write it like ${version.replace(/[^a-z0-9]+/g, '-')}`,
    });
  }
  for (const field of ['name', 'namespace'] as const) {
    const value = gateway?.[field];
    if (value !== undefined && !Token.isUnresolved(value) && !DNS_LABEL.test(value)) {
      problems.push({ at: `${at}: gateway.${field}`, value, rule: 'must be a DNS label', mend: 'Use lower-case letters, digits and dashes' });
    }
  }
  return problems;
}

/** Minor number of an Istio version: 29 for `1.29.1`, NaN for what is no version. */
export function minorOf(version: string): number {
  return Number(VERSION.exec(version)?.[1] ?? NaN);
}
