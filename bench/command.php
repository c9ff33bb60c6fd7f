<?php

declare(strict_types=1);

/*
 * command.php ROUNDS FOLDER PHP MODULE PHAR: how long programs take from their start to their end, in
 * turns, another one first each time. Prints for each: its name, the median in microseconds, the least,
 * and the median of what it took longer than the one that it is compared with, in the same round.
 */

[, $rounds, $folder, $php, $module, $phar] = $argv;
$extension = "extension=$module";
$script = "$folder/pair.php";
file_put_contents($script, '<?php $lock = new Sitelock\FileLock($argv[1]); $lock->acquire() || exit(1); $lock->release();');
$cached = ['-d', 'opcache.enable_cli=1', '-d', "opcache.file_cache=$folder/cache", '-d', 'opcache.file_cache_only=1'];
mkdir("$folder/cache");
$few = [$php, '-n', '-d', 'extension=phar', '-d', 'extension=posix', '-d', $extension];
$run = [$phar, 'run', "$folder/sitelock", '--', '/bin/true'];

// name => [words, compared with]
$contestants = [
    'true' => [['/bin/true'], null],
    'flock PATH true' => [['/usr/bin/flock', "$folder/flock", '/bin/true'], 'true'],
    'php -n -r ""' => [[$php, '-n', '-r', ''], null],
    'php -r ""' => [[$php, '-r', ''], 'php -n -r ""'],
    'php with sitelock -r ""' => [[$php, '-d', $extension, '-r', ''], 'php -r ""'],
    'php, acquire and release' => [[$php, '-d', $extension, $script, "$folder/pair"], 'php with sitelock -r ""'],
    'sitelock run PATH -- true' => [[$php, '-d', $extension, ...$run], 'php, acquire and release'],
    'the same, opcache.file_cache' => [[$php, '-d', $extension, ...$cached, ...$run], 'sitelock run PATH -- true'],
    'php -n, 3 extensions, -r ""' => [[...$few, '-r', ''], null],
    'php -n, 3 extensions, sitelock run' => [[...$few, ...$run], 'php -n, 3 extensions, -r ""'],
];

/** In nanoseconds. */
function time_of(array $words): int
{
    $start = hrtime(true);
    $process = proc_open($words, [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w']], $pipes);
    if (proc_close($process) !== 0) {
        throw new RuntimeException(implode(' ', $words) . ' failed');
    }
    return hrtime(true) - $start;
}

function median(array $values): float
{
    sort($values);
    $count = count($values);
    return ($values[intdiv($count - 1, 2)] + $values[intdiv($count, 2)]) / 2;
}

$times = [];
$names = array_keys($contestants);
for ($round = -1; $round < $rounds; $round++) { // the first one is to warm up
    foreach ($names as $name) {
        $times[$name][$round] = time_of($contestants[$name][0]);
    }
    $names[] = array_shift($names);
}
foreach ($contestants as $name => [, $other]) {
    unset($times[$name][-1]);
    $more = $other === null ? 'null' : sprintf('%.0f', median(array_map(static function (int $time, int $base): int {
        return $time - $base;
    }, $times[$name], $times[$other])) / 1000);
    printf("%s\t%.0f\t%.0f\t%s\t%s\n", $name, median($times[$name]) / 1000, min($times[$name]) / 1000, $more, $other);
}
