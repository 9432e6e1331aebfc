"use client";

import { IconUserCircle } from "@tabler/icons-react";
import { useMe } from "@/components/console/use-me";
import { laterMenu, OpenLater } from "@/components/ui/open-later";
import classes from "./person-menu.module.css";

const choices = laterMenu(() => import("@/components/console/person-choices"));

/** Who is signed in, how they like the console, and the way out. */
export function PersonMenu({ onKeyList }: { onKeyList: () => void }) {
  const { person } = useMe();
  return (
    <OpenLater
      menu={choices}
      given={{ onKeyList }}
      target={
        <button type="button" className={classes.button} aria-label="Your account and settings">
          <IconUserCircle size={18} aria-hidden />
          <span className={classes.name}>{person?.name ?? ""}</span>
        </button>
      }
    />
  );
}
