"use client";

import { Menu, useMantineColorScheme } from "@mantine/core";
import { IconCheck, IconKeyboard, IconLogout } from "@tabler/icons-react";
import { TIME_ZONE_MODES, usePreferences } from "@/components/console/preferences";
import { signOut } from "@/components/console/sign-out";
import { useMe } from "@/components/console/use-me";
import { type OpenedProps, useOpenedAtOnce } from "@/components/ui/open-later";
import classes from "./person-menu.module.css";

const SCHEMES = [
  { value: "auto", label: "As the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
] as const;

const BUSINESS_ZONES = [
  "Europe/London",
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kolkata",
  "Asia/Singapore",
] as const;

const ZONE_WORDS = { utc: "UTC", local: "This computer", business: "Business" } as const;

export interface PersonChoicesProps extends OpenedProps {
  readonly onKeyList: () => void;
}

/** The menu itself; loaded when it is first asked for. */
export default function PersonChoices({ target, onKeyList }: PersonChoicesProps) {
  const state = useOpenedAtOnce();
  const { person } = useMe();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const preferences = usePreferences();
  return (
    <Menu position="bottom-end" width={256} withinPortal closeOnItemClick={false} {...state}>
      <Menu.Target>{target}</Menu.Target>
      <Menu.Dropdown>
        {person !== null && (
          <div className={classes.who}>
            <b>{person.name}</b>
            <span>{person.email}</span>
            <span>{person.roles.map((role) => role.replaceAll("_", " ")).join(", ") || "no role yet"}</span>
          </div>
        )}
        <Menu.Divider />
        <Menu.Label>Look</Menu.Label>
        {SCHEMES.map(({ value, label }) => (
          <Choice key={value} label={label} chosen={colorScheme === value} onChoose={() => setColorScheme(value)} />
        ))}
        <Menu.Label>Times are shown in</Menu.Label>
        {TIME_ZONE_MODES.map((mode) => (
          <Choice
            key={mode}
            label={mode === preferences.timeZoneMode ? `${ZONE_WORDS[mode]} (${preferences.zone})` : ZONE_WORDS[mode]}
            chosen={preferences.timeZoneMode === mode}
            onChoose={() => preferences.change({ timeZoneMode: mode })}
          />
        ))}
        {preferences.timeZoneMode === "business" &&
          BUSINESS_ZONES.map((zone) => (
            <Choice
              key={zone}
              label={zone}
              inner
              chosen={preferences.businessZone === zone}
              onChoose={() => preferences.change({ businessZone: zone })}
            />
          ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconKeyboard size={15} />} onClick={onKeyList} closeMenuOnClick>
          Keys
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly chosen: boolean;
  readonly inner?: boolean;
  readonly onChoose: () => void;
}

function Choice({ label, chosen, inner = false, onChoose }: ChoiceProps) {
  return (
    <Menu.Item
      role="menuitemradio"
      aria-checked={chosen}
      pl={inner ? 32 : 12}
      rightSection={chosen ? <IconCheck size={14} aria-hidden /> : null}
      onClick={onChoose}
    >
      {label}
    </Menu.Item>
  );
}
