/** Why a worker ended, as it tells the supervisor before it goes. */
export interface WorkerFault {
  readonly code: string;
  readonly message: string;
  readonly remedy: string | null;
}
