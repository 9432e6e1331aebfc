"use client";

import { Button } from "@mantine/core";
import { IconAlertTriangle, IconMapSearch } from "@tabler/icons-react";
import Link from "next/link";
import type { ReactNode } from "react";
import classes from "./page-fault.module.css";

/** A page that could not be made at all. What went wrong is in the server's log, under the code shown. */
export function PageFault({ digest, onRetry }: { digest: string | null; onRetry: () => void }) {
  return (
    <WholePage
      icon={<IconAlertTriangle size={28} stroke={1.5} className={classes.bad} aria-hidden />}
      title="This page could not be shown"
      actions={
        <>
          <Button onClick={onRetry}>Try again</Button>
          <Button component={Link} href="/overview" variant="default">
            Overview
          </Button>
        </>
      }
    >
      The server failed while making it; nothing was changed. Where the data base or the lake was away for a moment,
      trying again is enough.
      {digest !== null && (
        <>
          {" "}
          The server's log holds the cause under <code>{digest}</code>.
        </>
      )}
    </WholePage>
  );
}

/** An address with nothing behind it. */
export function PageNotFound({ children }: { children: ReactNode }) {
  return (
    <WholePage
      icon={<IconMapSearch size={28} stroke={1.5} aria-hidden />}
      title="Nothing is at this address"
      actions={
        <Button component={Link} href="/overview" variant="default">
          Overview
        </Button>
      }
    >
      {children}
    </WholePage>
  );
}

interface WholePageProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly actions: ReactNode;
  readonly children: ReactNode;
}

function WholePage({ icon, title, actions, children }: WholePageProps) {
  return (
    <div className={classes.whole}>
      {icon}
      <h1 className={classes.title}>{title}</h1>
      <p className={classes.words}>{children}</p>
      <div className={classes.actions}>{actions}</div>
    </div>
  );
}
