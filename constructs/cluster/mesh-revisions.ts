import type { Problem } from '../validation';

const REVISION = /^asm-1-(\d+)$/;

/** Minor versions that an upgrade of the add-on may skip at most, plus one: from n to n+1 or n+2. */
const MAX_GAP = 2;

const SEE = 'https://learn.microsoft.com/azure/aks/istio-upgrade';

/**
 * What is wrong with a list of Istio add-on revisions: one of them, or the old and the new during a canary upgrade.
 * @param at where the list stands, for the messages
 */
export function meshRevisionProblems(revisions: readonly string[], at: string): Problem[] {
  const problems = revisions
    .map((revision, index) => ({ revision, index }))
    .filter(({ revision }) => !REVISION.test(revision))
    .map(({ revision, index }): Problem => ({
      at: `${at}[${index}]`,
      value: revision,
      rule: 'a revision of the add-on looks like asm-1-30',
      mend: 'Take one that `az aks mesh get-revisions --location <region>` lists',
      see: 'https://learn.microsoft.com/azure/aks/istio-support-policy',
    }));
  if (revisions.length < 1 || revisions.length > 2) {
    problems.push({
      at,
      value: revisions,
      rule: 'the add-on runs one revision, or two during a canary upgrade',
      mend: revisions.length === 0 ? "Name one, such as ['asm-1-30']" : 'Finish the upgrade that is under way first',
      see: SEE,
    });
  }
  const [from, to] = revisions.map(minorOf);
  if (from !== undefined && to !== undefined && (to <= from || to - from > MAX_GAP)) {
    problems.push({
      at,
      value: revisions,
      rule: `an upgrade goes one or ${MAX_GAP} minor versions up, and the older revision stands first`,
      mend: to < from ? 'Swap them' : to === from ? 'Name it once' : `Go to asm-1-${from + MAX_GAP} first`,
      see: SEE,
    });
  }
  return problems;
}

/** Istio version of an add-on revision: `asm-1-30` is `1.30`. */
export function meshRevisionVersion(revision: string): string {
  return `1.${minorOf(revision) ?? '?'}`;
}

function minorOf(revision: string): number | undefined {
  const minor = REVISION.exec(revision)?.[1];
  return minor === undefined ? undefined : Number(minor);
}
