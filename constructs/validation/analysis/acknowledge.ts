import { placeOf } from '../../model/object';
import type { Finding } from '../istio/finding';

/** A finding that somebody has decided to live with. */
export interface Acknowledgement {
  readonly code: string;
  /** Where it was said to be. */
  readonly at: string;
  readonly reason: string;
}

/** Findings told apart by whether somebody has acknowledged them. */
export interface Sorted {
  readonly open: readonly Finding[];
  readonly acknowledged: readonly { readonly finding: Finding; readonly reason: string }[];
  /** Acknowledgements that no finding needs any more. */
  readonly unused: readonly Acknowledgement[];
}

/** Findings that are known and accepted, each with the reason. */
export class Acknowledgements {
  private readonly list: Acknowledgement[] = [];

  /**
   * Accepts a finding.
   * @param code such as `IST0140`
   * @param at a construct path, which also means all below it; an object as `Kind namespace/name`; or a file. A field may follow, after a
   * colon and a blank
   * @param reason why this is as it should be
   * @throws Error without a reason
   */
  acknowledge(code: string, at: string, reason: string): this {
    if (reason.trim() === '') {
      throw new Error(`acknowledge(${code}, ${at}): an acknowledgement has a reason. Say why the finding is as it should be.`);
    }
    this.list.push({ code, at, reason });
    return this;
  }

  sort(findings: readonly Finding[]): Sorted {
    const used = new Set<Acknowledgement>();
    const open: Finding[] = [];
    const acknowledged: { finding: Finding; reason: string }[] = [];
    for (const finding of findings) {
      const found = this.list.find((one) => one.code === finding.code && means(one.at, finding));
      if (found) {
        used.add(found);
        acknowledged.push({ finding, reason: found.reason });
      } else {
        open.push(finding);
      }
    }
    return { open, acknowledged, unused: this.list.filter((one) => !used.has(one)) };
  }
}

function means(at: string, finding: Finding): boolean {
  const { object, field } = finding;
  const { constructPath, file } = object.origin ?? {};
  const [place, wanted] = at.split(': ') as [string, string | undefined];
  if (wanted !== undefined && wanted !== field) {
    return false;
  }
  const inside = constructPath !== undefined && (constructPath === place || constructPath.startsWith(`${place}/`));
  return inside || file === place || placeOf({ ...object, origin: undefined }) === place;
}
