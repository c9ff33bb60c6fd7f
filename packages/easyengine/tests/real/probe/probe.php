<?php

declare(strict_types=1);

// Does what the file control/probe says, once: "HOOK: ACTION". It is loaded after sitelock/easyengine, so
// its hooks are called after those.

(static function (): void {
    $control = dirname(exec('command -v 7z'), 2) . '/control';
    if (!class_exists('EE', false) || !is_file("$control/probe")) {
        return;
    }
    [$hook, $action] = explode(': ', file_get_contents("$control/probe"));
    $stop = static function () use ($control): void {
        file_put_contents("$control/probe.up", getmypid() . "\n");
        fgets(fopen("$control/probe.go", 'r'));
    };
    $actions = [
        'stop' => $stop,
        'exit' => static function (): void {
            exit(3);
        },
        'throw' => static function (): void {
            throw new RuntimeException('thrown by the probe');
        },
        'fatal' => static function (): void {
            eval('function probed() {} function probed() {}');
        },
        'memory' => static function (): void {
            ini_set('memory_limit', '64M');
            str_repeat('x', 100000000);
        },
        'reload one.test' => static function (): void {
            EE::run_command(['site', 'reload', 'one.test']);
        },
        'child' => static function () use ($stop): void {
            echo EE::launch('ee site reload one.test')->return_code, " from its child\n";
            $stop();
        },
        'fork that ends' => static function () use ($stop): void {
            if (pcntl_fork() === 0) {
                exit(0);
            }
            pcntl_wait($status);
            $stop();
        },
        'fork that stays' => static function () use ($stop): void {
            pcntl_fork();
            $stop();
        },
    ];
    EE::add_hook($hook, static function () use ($control, $actions, $action): void {
        if (@rename("$control/probe", "$control/probe.taken")) {
            $actions[$action]();
        }
    });
})();
