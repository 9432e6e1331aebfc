"use client";

import {
  type ButtonHTMLAttributes,
  type ComponentType,
  cloneElement,
  lazy,
  type ReactElement,
  startTransition,
  useEffect,
  useState,
} from "react";

export interface OpenedProps {
  /** The button it opens from; it takes the focus, so that closing gives it back. */
  readonly target: ReactElement;
}

export interface OpenedState {
  readonly opened: boolean;
  onChange(opened: boolean): void;
}

/** Opens once the menu is there: only a change from closed to open makes Mantine keep where the focus came from. */
export function useOpenedAtOnce(): OpenedState {
  const [opened, setOpened] = useState(false);
  useEffect(() => setOpened(true), []);
  return { opened, onChange: setOpened };
}

/** The button of a popover, which closes and opens it again: Mantine leaves that to who holds the state. */
export const popoverTarget = (target: ReactElement, { opened, onChange }: OpenedState): ReactElement =>
  cloneElement(target as ReactElement<ButtonHTMLAttributes<HTMLButtonElement>>, { onClick: () => onChange(!opened) });

export interface LaterMenu<Props extends OpenedProps> {
  load(): Promise<{ default: ComponentType<Props> }>;
  readonly Opened: ComponentType<Props>;
}

/** A menu that is no part of the first load; made once, outside of components. */
export const laterMenu = <Props extends OpenedProps>(load: LaterMenu<Props>["load"]): LaterMenu<Props> => ({
  load,
  Opened: lazy(load) as unknown as ComponentType<Props>,
});

export interface OpenLaterProps<Props extends OpenedProps> {
  readonly menu: LaterMenu<Props>;
  readonly target: ReactElement<ButtonHTMLAttributes<HTMLButtonElement>>;
  /** What the menu needs beside its button. */
  readonly given: Omit<Props, keyof OpenedProps>;
}

/** A button whose menu comes when the button is first pointed at, and opens on the click. */
export function OpenLater<Props extends OpenedProps>({ menu, target, given }: OpenLaterProps<Props>) {
  const [asked, setAsked] = useState(false);
  const { Opened, load } = menu;
  if (asked) return <Opened {...({ ...given, target: cloneElement(target, { autoFocus: true }) } as Props)} />;
  const fetchAhead = () => void load();
  return cloneElement(target, {
    "aria-haspopup": true,
    "aria-expanded": false,
    onPointerEnter: fetchAhead,
    onFocus: fetchAhead,
    // A transition keeps the button where it is until the menu is there.
    onClick: () => startTransition(() => setAsked(true)),
  });
}
