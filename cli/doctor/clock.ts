import { Area, Finding, findings } from './finding';

/** Seconds that two clocks may be apart: Entra and Kubernetes refuse tokens beyond five minutes, and we warn well before. */
const TOLERATED = 60;
const REFUSED = 300;

/** Seconds that do not count: nodes report every ten seconds. */
const ROUNDING = 15;

/** What is to say of this machine's clock. */
export function judgeClock(here: Date, there: Date | undefined, whose: string, area: Area = 'Azure'): Finding {
  const subject = findings(area, 'clock');
  if (!there || Number.isNaN(there.getTime())) {
    return subject.skipped(`${whose} did not say what time it is`);
  }
  const seconds = Math.round(Math.abs(here.getTime() - there.getTime()) / 1000);
  const detail = `${seconds} s ${here > there ? 'ahead of' : 'behind'} ${whose}`;
  const mend = ['Set the clock by NTP: timedatectl set-ntp true'];
  if (seconds > REFUSED) {
    return subject.failure(`${detail}: tokens are refused`, { mend });
  }
  return seconds > TOLERATED ? subject.warning(detail, { mend }) : subject.ok(seconds <= ROUNDING ? `agrees with ${whose}` : detail);
}

/** Time that Azure's login service states in its answer; nothing where it cannot be reached. */
export async function azureTime(): Promise<Date | undefined> {
  try {
    const answer = await fetch('https://login.microsoftonline.com/', { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(5000) });
    const date = answer.headers.get('date');
    return date ? new Date(date) : undefined;
  } catch {
    return undefined;
  }
}
