"use client";

import { Alert, Button, PasswordInput, TextInput } from "@mantine/core";
import { IconAlertCircle, IconClockExclamation } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { Mark } from "@/components/console/navigation";
import type { DemoSignIns } from "@/server/web/demo";
import classes from "./sign-in-form.module.css";

export interface SignInFormProps {
  /** Path to open afterwards. */
  readonly next: string;
  /** A session was there and is over. */
  readonly expired: boolean;
  readonly demo: DemoSignIns | null;
}

/** Asks the server for a session; null, or what went wrong in words. */
async function signIn(email: string, password: string): Promise<string | null> {
  const answer = await fetch("/api/auth/sign-in/email", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password }),
  }).catch(() => null);
  if (answer === null) return "The server did not answer. Check the connection and try again.";
  if (answer.ok) return null;
  if (answer.status === 401) return "This e-mail address and password do not belong together.";
  if (answer.status === 429) return "Too many attempts. Wait a minute and try again.";
  return `Sign-in failed on the server (${answer.status}). Try again; if it stays, tell your administrator.`;
}

export function SignInForm({ next, expired, demo }: SignInFormProps) {
  const [fault, setFault] = useState<string | null>(null);
  const [busyWith, setBusyWith] = useState<string | null>(null);
  const enter = async (email: string, password: string): Promise<void> => {
    setFault(null);
    setBusyWith(email);
    const problem = await signIn(email, password);
    // A full load: everything the server rendered before was for nobody.
    if (problem === null) return window.location.assign(next);
    setFault(problem);
    setBusyWith(null);
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    void enter(String(form.get("email")), String(form.get("password")));
  };
  return (
    <main className={classes.page}>
      <div className={classes.card}>
        <h1 className={classes.title}>
          <Mark /> Sign in to Concordance
        </h1>
        {expired && fault === null && (
          <Alert color="accent" variant="light" icon={<IconClockExclamation size={16} />} mb="md">
            Your session is over. Sign in, and the page you were on opens again.
          </Alert>
        )}
        {fault !== null && (
          <Alert className={classes.fault} icon={<IconAlertCircle size={16} />} mb="md" role="alert">
            {fault}
          </Alert>
        )}
        <form onSubmit={submit} className={classes.form}>
          <TextInput name="email" type="email" label="E-mail" size="sm" autoComplete="username" required />
          <PasswordInput
            name="password"
            label="Password"
            size="sm"
            autoComplete="current-password"
            visibilityToggleButtonProps={{ "aria-label": "Show the password", tabIndex: 0 }}
            required
          />
          <Button type="submit" size="sm" loading={busyWith !== null} fullWidth>
            Sign in
          </Button>
        </form>
      </div>
      {demo !== null && <DemoAccounts demo={demo} busy={busyWith !== null} onChoose={enter} />}
    </main>
  );
}

interface DemoAccountsProps {
  readonly demo: DemoSignIns;
  readonly busy: boolean;
  readonly onChoose: (email: string, password: string) => Promise<void>;
}

function DemoAccounts({ demo, busy, onChoose }: DemoAccountsProps) {
  return (
    <section className={classes.card} aria-label="Demo accounts">
      <h2 className={classes.subtitle}>Demo accounts of this installation</h2>
      <p className={classes.hint}>
        One click signs in. The password of all of them is <code>{demo.password}</code>
      </p>
      <ul className={classes.accounts}>
        {demo.accounts.map(({ role, email }) => (
          <li key={email}>
            <button type="button" disabled={busy} onClick={() => void onChoose(email, demo.password)}>
              <span className={classes.role}>{role.replaceAll("_", " ")}</span>
              <span className={classes.email}>{email}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
