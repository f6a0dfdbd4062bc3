import type { VirtualServiceHttpFault } from '../istio/generated/virtual-service';
import { throwOnProblems } from '../validation';
import { checkFault } from '../validation/istio/rules/fault';
import type { Duration } from './duration';
import { Percent } from './percent';
import { refuse } from '../istio/refuse';

/**
 * A failure that the caller's proxy makes up.
 * @see https://istio.io/latest/docs/tasks/traffic-management/fault-injection/
 */
export class Fault {
  /**
   * Makes the caller wait.
   * @param percent share of the requests. @default all
   */
  static delay(by: Duration, percent: Percent = Percent.ALL): Fault {
    return new Fault({ delay: { fixedDelay: by.toString(), percentage: percent.toSpec() } });
  }

  /**
   * Answers with a status, without asking the service.
   * @param status HTTP status, 200 to 599
   * @param percent share of the requests. @default all
   * @throws ProblemError where the status is none
   */
  static abort(status: number, percent: Percent = Percent.ALL): Fault {
    return Fault.aborting('Fault.abort', { httpStatus: status, percentage: percent.toSpec() });
  }

  /**
   * Answers with a gRPC status, without asking the service.
   * @param status name of a gRPC status, such as `UNAVAILABLE`
   * @param percent share of the requests. @default all
   * @throws ProblemError where the status is none
   */
  static abortGrpc(status: string, percent: Percent = Percent.ALL): Fault {
    return Fault.aborting('Fault.abortGrpc', { grpcStatus: status, percentage: percent.toSpec() });
  }

  private static aborting(at: string, abort: NonNullable<VirtualServiceHttpFault['abort']>): Fault {
    refuse('Not a status:', at, (report) => checkFault({ abort }, '', report));
    return new Fault({ abort });
  }

  private constructor(private readonly spec: VirtualServiceHttpFault) {}

  /**
   * Both: first the delay, then the abort.
   * @throws ProblemError where both delay, or both abort
   */
  and(other: Fault): Fault {
    const twice = (['delay', 'abort'] as const).filter((kind) => this.spec[kind] && other.spec[kind]);
    throwOnProblems(
      'Faults that exclude each other:',
      twice.map((kind) => ({ at: 'Fault.and', value: kind, rule: `a route has one ${kind} at most`, mend: 'Use two routes with different matches' })),
    );
    return new Fault({ ...this.spec, ...other.spec });
  }

  /** This one, and of another what it does not do itself. */
  orElse(other: Fault | undefined): Fault {
    return other ? new Fault({ ...other.spec, ...this.spec }) : this;
  }

  /** In Istio's own words. */
  toSpec(): VirtualServiceHttpFault {
    return this.spec;
  }
}
