<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests\Real;

// Records, in the sandbox and without the package, the hooks of a real EasyEngine for ../host, which replays
// them. Run by tests/record.

foreach (['Running', 'Ee', 'Checks', 'Scenarios'] as $class) {
    require __DIR__ . "/$class.php";
}

const COMMANDS = [
    'backup' => 'site backup one.test',
    'backup-address' => 'site backup https://one.test/',
    'backup-slashes' => 'site backup one.test//',
    'backup-in-folder' => 'site backup',
    'backup-list' => 'site backup --list one.test',
    'backup-no-list' => 'site backup --no-list one.test',
    'backup-list-0' => 'site backup one.test --list=0',
    'backup-two' => 'site backup two.test',
    'backup-wp' => 'site backup blog.test',
    'restore' => 'site restore one.test',
    'restore-wp' => 'site restore blog.test',
    'update' => 'site update one.test --proxy-cache=on',
    'update-two' => 'site update two.test --proxy-cache=on',
    'reload' => 'site reload one.test',
    'reload-two' => 'site reload two.test',
    'reload-in-folder' => 'site reload',
    'reload-flags' => '--debug --skip-tty site reload one.test',
    'refresh' => 'site refresh one.test',
    'restart' => 'site restart one.test',
    'clean' => 'site clean one.test',
    'disable' => 'site disable one.test',
    'enable' => 'site enable one.test',
    'ssl-verify' => 'site ssl one.test',
    'info' => 'site info one.test',
    'list' => 'site list',
    'create' => 'site create third.test --type=html --skip-status-check',
    'delete' => 'site delete third.test --yes',
    'clone' => 'site clone blog.test new.test',
    'clone-slash' => 'site clone blog.test/ other.test/',
    'sync' => 'site sync blog.test copy.test --files',
    'sync-back' => 'site sync copy.test blog.test --files',
    'sync-ssh' => 'site sync root@localhost:blog.test copy.test --files',
    'sync-dot' => 'site sync root@localhost:blog.test . --files',
    'admin-tools' => 'admin-tools enable blog.test',
    'admin-tools-disable' => 'admin-tools disable blog.test',
    'mailhog' => 'mailhog enable blog.test',
    'mailhog-disable' => 'mailhog disable blog.test',
    'cron-run-now' => 'cron run-now 3',
    'ssl-renew' => 'site ssl-renew one.test',
    'ssl-renew-two' => 'site ssl-renew two.test',
    'ssl-renew-shop' => 'site ssl-renew shop.test',
    'ssl-renew-force' => 'site ssl-renew one.test --force',
    'ssl-renew-all' => 'site ssl-renew --all',
];

/** The first ee with its hooks, and between those the ones that it started, with theirs, a line for each. */
function tree(array $events, int $depth = 1): string
{
    $lines = [];
    for ($i = 0; $i < count($events); $i++) {
        $event = $events[$i];
        if (isset($event['hook'])) {
            $lines[] = json(array_merge([$event['hook']], $event['arguments']));
        } elseif (isset($event['ee'])) {
            $end = array_search(['end' => true, 'pid' => $event['pid']], $events, true);
            $lines[] = '{"ee": ' . json($event['ee']) . ', "calls": ' . tree(array_slice($events, $i + 1, $end - $i - 1), $depth + 1) . '}';
            $i = $end;
        }
    }
    $indent = str_repeat('    ', $depth);
    return "[\n$indent    " . implode(",\n$indent    ", $lines) . "\n$indent]";
}

/** Passwords are of no use to anybody, and look as if they were. */
function json($value): string
{
    return preg_replace(
        ['/(-u ?\S+ -p|DB_PASSWORD )([\'\\\\"]*)\w+/', '/(--admin-pass=|"admin-pass":")\w+/'],
        ['$1$2secret', '$1secret'],
        json_encode($value, JSON_UNESCAPED_SLASHES)
    );
}

$ee = new Ee(getenv('SANDBOX'), false);
$scenarios = new Scenarios($ee);
$scenarios->prepare();
$ee->run("cron create host --command='ee site reload one.test' --schedule=@daily");
$version = trim($ee->run('cli version')->output);
foreach (COMMANDS as $name => $words) {
    if ($name === 'ssl-renew') {
        array_map([$scenarios, 'certify'], ['one.test', 'two.test', 'shop.test']);
    }
    $file = getenv('SANDBOX') . '/record';
    $folder = strpos($name, 'in-folder') !== false ? $ee->folder('one.test') : '/';
    $running = $ee->run($words, ['RECORD' => $file], $folder);
    $events = array_map(static function (string $line): array {
        return json_decode($line, true, 64, JSON_THROW_ON_ERROR);
    }, file($file, FILE_IGNORE_NEW_LINES));
    unlink($file);
    file_put_contents("{$argv[1]}/$name.json", sprintf(
        "{\n    \"of\": %s,\n    \"folder\": %s,\n    \"ee\": %s,\n    \"status\": %d,\n    \"calls\": %s\n}\n",
        json($version),
        json($folder),
        json($words),
        $running->status,
        tree(array_slice($events, 1))
    ));
    echo "$name: exit status $running->status\n";
}
