<?php

declare(strict_types=1);

namespace Sitelock\Cli;

/**
 * Standard input, output and error, which the caller may have closed. What is opened next would get
 * such a number: the lock file could become standard error, and be written to.
 */
final class StandardStreams
{
    /** @var resource[] kept open */
    private static array $fillers = [];

    /** Puts /dev/null where nothing is. Before anything else is opened. */
    public static function fill(): void
    {
        for ($number = 0; $number <= 2; $number++) {
            if (@readlink("/proc/self/fd/$number") === false) {
                self::$fillers[] = @fopen('/dev/null', 'r+');
            }
        }
    }

    /**
     * In a child that is about to become a command: PHP has opened this program before it ran, where
     * its input or output should be. From here on no more of the program can be loaded.
     */
    public static function giveBackScript(): void
    {
        $script = realpath($_SERVER['SCRIPT_FILENAME']);
        foreach ([STDIN, STDOUT, STDERR] as $number => $stream) {
            if (@readlink("/proc/self/fd/$number") === $script) {
                fclose($stream);
                self::$fillers[] = @fopen('/dev/null', 'r+');
            }
        }
    }
}
