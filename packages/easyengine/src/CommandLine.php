<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

/** The command line of a command, put together from what its hook gets. */
final class CommandLine
{
    /** What others are shown: without the values of flags that hold a secret. */
    public static function label(string $command, array $args, array $flags): string
    {
        foreach ($flags as $name => $value) {
            if (is_string($value) && preg_match('/pass|auth|token|key|secret/', (string) $name)) {
                $flags[$name] = '...';
            }
        }
        return implode(' ', array_merge(["ee $command"], $args, self::flags($flags)));
    }

    /**
     * @param array<string, mixed> $flags as EasyEngine has them
     * @return string[] as they are typed
     */
    public static function flags(array $flags): array
    {
        $words = [];
        foreach ($flags as $name => $value) {
            if ($value === true) {
                $words[] = "--$name";
            } elseif ($value === false) {
                $words[] = "--no-$name";
            } else {
                $words[] = "--$name=$value";
            }
        }
        return $words;
    }
}
