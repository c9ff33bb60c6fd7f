<?php

declare(strict_types=1);

// Writes a line of JSON into the file $RECORD for the start of an ee, for each hook that it calls, and for
// its end.

(static function (): void {
    $file = getenv('RECORD');
    if (!class_exists('EE', false) || $file === false) {
        return;
    }
    $record = static function (array $event) use ($file): void {
        $event += ['pid' => getmypid()];
        file_put_contents($file, json_encode($event, JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR) . "\n", FILE_APPEND);
    };
    $record(['ee' => implode(' ', array_slice($_SERVER['argv'], 1))]);
    register_shutdown_function($record, ['end' => true]);

    $commands = [
        'site' => 'list info create update delete enable disable refresh restart reload clean ssl-verify ssl-info ssl-renew share clone sync backup restore',
        'cron' => 'create update delete list run-now',
        'auth' => 'create update delete list',
        'admin-tools' => 'enable disable',
        'mailhog' => 'enable disable status',
        'config' => 'get set',
        'cli' => 'version',
        'shell' => '',
    ];
    foreach ($commands as $command => $subcommands) {
        foreach (array_merge([''], array_filter(explode(' ', $subcommands))) as $subcommand) {
            foreach (['before_invoke', 'after_invoke'] as $when) {
                $hook = rtrim("$when:$command $subcommand");
                EE::add_hook($hook, static function (...$arguments) use ($record, $hook): void {
                    $record(['hook' => $hook, 'arguments' => $arguments]);
                });
            }
        }
    }
})();
