<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests\Real;

// Runs the scenarios in the sandbox: as a person or as cron, all of them or those whose numbers are given.

foreach (['Running', 'Ee', 'Checks', 'Scenarios'] as $class) {
    require __DIR__ . "/$class.php";
}
[, $environment] = $argv;
$wanted = array_map('intval', array_slice($argv, 2));

$failed = 0;
$ee = new Ee(getenv('SANDBOX'), $environment === 'cron');
$scenarios = new Scenarios($ee);
$scenarios->prepare();
foreach (Scenarios::ALL as $number => [$method, $promise]) {
    if ($wanted !== [] && !in_array($number, $wanted, true)) {
        continue;
    }
    $checks = new Checks();
    try {
        $scenarios->$method($checks);
    } catch (\Throwable $e) {
        $checks->that(false, $e->getMessage() . ' in line ' . $e->getLine());
    }
    $ee->dispose();
    $failures = $checks->failures();
    printf("%s %2d %s: %s\n", $failures === [] ? 'held    ' : 'NOT HELD', $number, $promise, implode('; ', $checks->seen()));
    foreach ($failures as $failure) {
        echo '            ', str_replace("\n", "\n            ", $failure), "\n";
    }
    $failed += (int) ($failures !== []);
}
exit($failed === 0 ? 0 : 1);
