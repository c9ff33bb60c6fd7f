<?php

declare(strict_types=1);

namespace Sitelock\Cli;

/** What people read. Nothing that is printed here can move a terminal's cursor. */
final class Text
{
    /** Then say() says nothing. */
    public static bool $quiet = false;

    /** Paths and commands may hold anything; control characters are shown as \x1b. */
    public static function visible(string $text): string
    {
        return preg_replace_callback('/[\x00-\x1f\x7f]/', static function (array $match): string {
            return sprintf('\x%02x', ord($match[0]));
        }, $text);
    }

    /** One line on standard error, if there is one. */
    public static function say(string $sentence): void
    {
        if (!self::$quiet && is_resource(STDERR)) {
            @fwrite(STDERR, 'sitelock: ' . self::visible($sentence) . "\n");
        }
    }

    /** A word of a command line that can be pasted into a shell. */
    public static function word(string $word): string
    {
        return preg_match('{^[\w@%+=:,./-]+$}D', $word) ? $word : escapeshellarg($word);
    }

    /** How many characters UTF-8 has, or what comes near to it in anything else. */
    public static function width(string $text): int
    {
        return (int) preg_match_all('/[^\x80-\xbf]/', $text);
    }

    /** "0:07", "10:00", "1:00:00". */
    public static function duration(float $seconds): string
    {
        $whole = (int) $seconds;
        $minutes = intdiv($whole, 60) % 60;
        return $whole < 3600
            ? sprintf('%d:%02d', $minutes, $whole % 60)
            : sprintf('%d:%02d:%02d', intdiv($whole, 3600), $minutes, $whole % 60);
    }

    /** Times are shown in the zone of this machine, which PHP does not ask for by itself. */
    public static function useLocalTime(): void
    {
        $zone = strstr((string) @readlink('/etc/localtime'), 'zoneinfo/');
        if (ini_get('date.timezone') === '' && $zone !== false) {
            @date_default_timezone_set(substr($zone, strlen('zoneinfo/')));
        }
    }
}
