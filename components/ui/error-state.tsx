"use client";

import { Button } from "@mantine/core";
import { IconAlertTriangle, IconLock } from "@tabler/icons-react";
import { faultOf } from "@/components/trpc/fault";
import classes from "./state.module.css";

export interface ErrorStateProps {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}

/** What failed, its code, and what to do; the rest of the page stays. */
export function ErrorState({ error, onRetry }: ErrorStateProps) {
  const fault = faultOf(error);
  if (fault.transport === "FORBIDDEN") return <ForbiddenState message={fault.message} />;
  return (
    <div className={classes.state} role="alert">
      <IconAlertTriangle size={20} stroke={1.6} className={classes.bad} aria-hidden />
      <p className={classes.title}>{fault.message}</p>
      {fault.remedy !== null && <p className={classes.words}>{fault.remedy}</p>}
      <p className={classes.code}>
        Code <code>{fault.code}</code>
      </p>
      {onRetry !== undefined && (
        <div className={classes.actions}>
          <Button variant="default" onClick={onRetry}>
            Try again
          </Button>
        </div>
      )}
    </div>
  );
}

export interface ForbiddenStateProps {
  /** The roles that would allow it. */
  readonly roles?: readonly string[];
  readonly message?: string;
}

/** Not for this person, and which role would allow it. */
export function ForbiddenState({ roles = [], message }: ForbiddenStateProps) {
  return (
    <div className={classes.state} role="alert">
      <IconLock size={20} stroke={1.6} aria-hidden />
      <p className={classes.title}>{message ?? "Your roles do not allow this page"}</p>
      {roles.length > 0 && (
        <p className={classes.words}>One of these roles would: {roles.join(", ")}. An administrator can give it.</p>
      )}
    </div>
  );
}
