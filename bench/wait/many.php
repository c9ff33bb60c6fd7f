<?php

/*
 * What a lock costs beside many that are held, and what it takes to end a request that holds many.
 *
 *     many.php drive PATH FLOOR PAIRS EXTENSION LEVEL...
 *         prints lines "pair|end floor|sitelock LEVEL NANOSECONDS": of one acquire and release beside
 *         LEVEL others, and from the end of the script to the end of the process
 *     many.php hold PATH PAIRS
 *         does what `floor PATH PAIRS record held` does (bench/floor.c)
 */

use Sitelock\FileLock;

const TURNS = 45;

function nanoseconds_for(FileLock $lock, int $pairs): int
{
    $start = hrtime(true);
    for ($i = 0; $i < $pairs; $i++) {
        if (!$lock->acquire()) {
            throw new RuntimeException('busy');
        }
        $lock->release();
    }
    return hrtime(true) - $start;
}

function hold(string $path): FileLock
{
    $lock = new FileLock($path, 'bench');
    if (!$lock->acquire()) {
        throw new RuntimeException("$path is busy");
    }
    return $lock;
}

/* Both live at the same time and are asked in turns, so that a slow moment is one for both. */
final class Child
{
    private $process;
    private array $pipes = [];

    public function __construct(array $command)
    {
        $this->process = proc_open($command, [['pipe', 'r'], ['pipe', 'w']], $this->pipes);
    }

    public function pairBeside(int $level): float
    {
        fwrite($this->pipes[0], "$level\n");
        return $this->answer();
    }

    public function end(): int
    {
        fclose($this->pipes[0]);
        $start = (int) $this->answer();
        proc_close($this->process);
        return hrtime(true) - $start;
    }

    private function answer(): float
    {
        $line = fgets($this->pipes[1]);
        if ($line === false) {
            throw new RuntimeException('a contestant died');
        }
        return (float) $line;
    }
}

function measure_level(array $commands, int $level): void
{
    $children = [];
    foreach ($commands as $name => $command) {
        $children[$name] = new Child($command);
        $children[$name]->pairBeside($level); // takes the others, and warms up
    }
    for ($i = 0; $i < TURNS; $i++) {
        foreach ($children as $name => $child) {
            printf("pair %s %d %.1f\n", $name, $level, $child->pairBeside($level));
        }
    }
    foreach ($children as $name => $child) {
        printf("end %s %d %d\n", $name, $level, $child->end());
    }
}

function drive(string $path, string $floor, string $pairs, string $extension, array $levels): void
{
    $php = [PHP_BINARY, '-n', '-d', 'memory_limit=-1', '-d', "extension=$extension"];
    $commands = [
        'floor' => [$floor, $path, $pairs, 'record', 'held'],
        'sitelock' => [...$php, __FILE__, 'hold', $path, $pairs],
    ];
    foreach ($levels as $level) {
        measure_level($commands, (int) $level);
    }
}

if ($argv[1] === 'drive') {
    [, , $path, $floor, $pairs, $extension] = $argv;
    hold($path); // leaves the record that the floor writes again and again
    drive($path, $floor, $pairs, $extension, array_slice($argv, 6));
    exit;
}
[, , $path, $pairs] = $argv;
$lock = new FileLock($path, 'bench');
$held = [];
while (($line = fgets(STDIN)) !== false) {
    for ($i = count($held); $i < (int) $line; $i++) {
        $held[] = hold("$path.held.$i");
    }
    printf("%.1f\n", nanoseconds_for($lock, (int) $pairs) / $pairs);
}
printf("%d\n", hrtime(true));
