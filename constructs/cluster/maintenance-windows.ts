import type { KubernetesClusterMaintenanceWindowAutoUpgrade } from '@cdktf/provider-azurerm/lib/kubernetes-cluster';
import type { Problem } from '../validation';

/** Day of the week. */
export type Weekday = 'Monday' | 'Tuesday' | 'Wednesday' | 'Thursday' | 'Friday' | 'Saturday' | 'Sunday';

const SEE = 'https://learn.microsoft.com/azure/aks/planned-maintenance';

/** When Azure may do one kind of maintenance. */
export interface MaintenanceWindow {
  /** Day on which it begins. */
  readonly day: Weekday;
  /** Hour and minute, such as `02:00`. */
  readonly start: string;
  /** From 4 to 24. */
  readonly hours: number;
}

/** Settings of {@link MaintenanceWindows}. */
export interface MaintenanceWindowsProps {
  /** When the cluster's patches are installed. */
  readonly upgrades: MaintenanceWindow;
  /** When the nodes' system images are replaced. @default as `upgrades` */
  readonly nodeImages?: MaintenanceWindow;
  /** Difference of the hours to UTC, such as `+01:00`. @default '+00:00' */
  readonly utcOffset?: string;
}

/**
 * The weekly hours in which Azure may replace what runs: patches of Kubernetes, and the images of the nodes.
 * @see https://learn.microsoft.com/azure/aks/planned-maintenance
 */
export class MaintenanceWindows {
  /** Both kinds in the same hours of one day. */
  static weekly(day: Weekday, start: string, hours = 4, utcOffset?: string): MaintenanceWindows {
    return new MaintenanceWindows({ upgrades: { day, start, hours }, utcOffset });
  }

  constructor(private readonly props: MaintenanceWindowsProps) {}

  /** What Azure would refuse. */
  problems(at: string): Problem[] {
    const { upgrades, nodeImages, utcOffset } = this.props;
    const windows = { upgrades, ...(nodeImages ? { nodeImages } : {}) };
    const problems = Object.entries(windows).flatMap(([name, window]) => windowProblems(window, `${at}.${name}`));
    return utcOffset === undefined || /^[-+](0\d|1[0-4]):[0-5]\d$/.test(utcOffset)
      ? problems
      : [...problems, { at: `${at}.utcOffset`, value: utcOffset, rule: 'must be a difference to UTC', mend: 'Write it like +01:00', see: SEE }];
  }

  /** The blocks of the cluster's resource. */
  render(): Record<'maintenanceWindowAutoUpgrade' | 'maintenanceWindowNodeOs', KubernetesClusterMaintenanceWindowAutoUpgrade> {
    const { upgrades, nodeImages = upgrades } = this.props;
    return { maintenanceWindowAutoUpgrade: this.block(upgrades), maintenanceWindowNodeOs: this.block(nodeImages) };
  }

  // Without a start date: Azure fills today's in, and a fixed one would be refused once it has passed.
  private block({ day, start, hours }: MaintenanceWindow): KubernetesClusterMaintenanceWindowAutoUpgrade {
    return { frequency: 'Weekly', interval: 1, dayOfWeek: day, startTime: start, duration: hours, utcOffset: this.props.utcOffset ?? '+00:00' };
  }
}

function windowProblems({ start, hours }: MaintenanceWindow, at: string): Problem[] {
  const problems: Problem[] = [];
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(start)) {
    problems.push({ at: `${at}.start`, value: start, rule: 'must be an hour and a minute', mend: 'Write it like 02:00', see: SEE });
  }
  if (!Number.isInteger(hours) || hours < 4 || hours > 24) {
    problems.push({ at: `${at}.hours`, value: hours, rule: 'a window is 4 to 24 whole hours long', mend: 'Change the hours', see: SEE });
  }
  return problems;
}
