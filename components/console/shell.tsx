"use client";

import { useMantineColorScheme } from "@mantine/core";
import dynamic from "next/dynamic";
import { usePathname, useRouter } from "next/navigation";
import { type ReactNode, useState } from "react";
import { FreshnessProvider } from "@/components/console/freshness";
import { Navigation, sectionsOf } from "@/components/console/navigation";
import type { PaletteAction } from "@/components/console/palette";
import { indexOfPath } from "@/components/console/places";
import { PreferencesProvider, usePreferences } from "@/components/console/preferences";
import { signOut } from "@/components/console/sign-out";
import { TopBar } from "@/components/console/top-bar";
import { useMe } from "@/components/console/use-me";
import { useShellKeys } from "@/components/console/use-shell-keys";
import { ForbiddenState } from "@/components/ui/error-state";
import { TimeZoneContext } from "@/components/ui/time-zone";
import { INDEX_READERS } from "@/server/indexes/names";
import classes from "./shell.module.css";

// Opened by a key: not part of the first load.
const Palette = dynamic(() => import("@/components/console/palette"), { ssr: false });
const KeyList = dynamic(() => import("@/components/console/key-list"), { ssr: false });

/** What lies around every page of the console. */
export function Shell({ children }: { children: ReactNode }) {
  return (
    <PreferencesProvider>
      <FreshnessProvider>
        <ZonedShell>{children}</ZonedShell>
      </FreshnessProvider>
    </PreferencesProvider>
  );
}

type Over = "none" | "palette" | "keys" | "navigation";

function ZonedShell({ children }: { children: ReactNode }) {
  const { zone } = usePreferences();
  const { person } = useMe();
  const router = useRouter();
  const [over, setOver] = useState<Over>("none");
  const actions = useActions(() => setOver("keys"));
  const close = () => setOver("none");
  useShellKeys({
    onPalette: () => setOver((now) => (now === "palette" ? now : "palette")),
    onKeyList: () => setOver("keys"),
    onGo: (letter) => {
      const section = person === null ? undefined : sectionsOf(person).find(({ key }) => key === letter);
      const page = section?.pages[0];
      if (page !== undefined) router.push(page.path);
    },
  });
  return (
    <TimeZoneContext value={zone}>
      <a href="#page" className={classes.skip}>
        To the page
      </a>
      <div className={classes.shell}>
        <Navigation opened={over === "navigation"} onClose={close} />
        <div className={classes.column}>
          <TopBar
            navigationOpened={over === "navigation"}
            onNavigation={() => setOver("navigation")}
            onSearch={() => setOver("palette")}
            onKeyList={() => setOver("keys")}
          />
          <main id="page" className={classes.page} tabIndex={-1}>
            <Allowed>{children}</Allowed>
          </main>
        </div>
      </div>
      {over === "palette" && <Palette me={person} actions={actions} onClose={close} />}
      {over === "keys" && <KeyList opened onClose={close} me={person} />}
    </TimeZoneContext>
  );
}

/** A page of an index the roles may not read says so at once; the server refuses its data anyway. */
function Allowed({ children }: { children: ReactNode }) {
  const index = indexOfPath(usePathname());
  const { person, can } = useMe();
  if (index === null || person === null || can(index, "read")) return children;
  return <ForbiddenState roles={INDEX_READERS[index]} />;
}

function useActions(onKeyList: () => void): readonly PaletteAction[] {
  const { setColorScheme } = useMantineColorScheme();
  const { change } = usePreferences();
  return [
    { label: "Light look", detail: "Colours", run: () => setColorScheme("light") },
    { label: "Dark look", detail: "Colours", run: () => setColorScheme("dark") },
    { label: "Times in UTC", detail: "Time zone", run: () => change({ timeZoneMode: "utc" }) },
    { label: "Times in the zone of this computer", detail: "Time zone", run: () => change({ timeZoneMode: "local" }) },
    { label: "Times in the business zone", detail: "Time zone", run: () => change({ timeZoneMode: "business" }) },
    { label: "List of keys", detail: "Help", run: onKeyList },
    { label: "Sign out", detail: "Ends this session", run: () => void signOut() },
  ];
}
