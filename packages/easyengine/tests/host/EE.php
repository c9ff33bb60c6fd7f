<?php

declare(strict_types=1);

/** What the package uses of EasyEngine's class of this name. */
final class EE
{
    /** @var array<string, callable[]> */
    private static array $hooks = [];
    /** @var array<string, string> */
    private static array $commands = [];

    public static function add_hook(string $when, callable $callback): void
    {
        self::$hooks[$when][] = $callback;
    }

    public static function do_hook(string $when, ...$arguments): void
    {
        foreach (self::$hooks[$when] ?? [] as $callback) {
            $callback(...$arguments);
        }
    }

    public static function add_command(string $name, string $class): void
    {
        self::$commands[$name] = $class;
    }

    /** @param string[] $words */
    public static function run_added_command(array $words): void
    {
        [$name, $method] = $words;
        $args = $flags = [];
        foreach (array_slice($words, 2) as $word) {
            if (preg_match('/^--([^=]+)(?:=(.*))?$/', $word, $match)) {
                $flags[$match[1]] = $match[2] ?? true;
            } else {
                $args[] = $word;
            }
        }
        (new self::$commands[$name]())->$method($args, $flags);
    }

    public static function get_runner(): object
    {
        return (object) ['runtime_config' => array_fill_keys(preg_grep('/^(debug|skip-tty)$/', preg_replace('/^--/', '', $_SERVER['argv'])), true)];
    }

    public static function log(string $message): void
    {
        fwrite(STDOUT, "$message\n");
    }

    public static function success(string $message): void
    {
        fwrite(STDOUT, "Success: $message\n");
    }

    public static function warning(string $message): void
    {
        fwrite(STDERR, "Warning: $message\n");
    }

    /** @param bool|int $exit */
    public static function error(string $message, $exit = true): void
    {
        fwrite(STDERR, "Error: $message\n");
        exit((int) $exit);
    }

    public static function confirm(string $question, array $flags): void
    {
        fwrite(STDOUT, "$question [y/n]\n");
        if (!isset($flags['yes']) && trim((string) fgets(STDIN)) !== 'y') {
            exit;
        }
    }
}
