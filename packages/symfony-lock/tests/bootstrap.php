<?php

declare(strict_types=1);

foreach (['VENDOR', 'SYMFONY_TESTS', 'SCRATCH'] as $name) {
    if ((string) getenv($name) === '') {
        fwrite(STDERR, "$name is not set: run tools/test-symfony-lock\n");
        exit(64);
    }
}
require getenv('VENDOR') . '/autoload.php';

spl_autoload_register(static function (string $class): void {
    $folders = [
        'Sitelock\Symfony\Tests\\' => __DIR__,
        'Symfony\Component\Lock\Tests\\' => getenv('SYMFONY_TESTS'),
    ];
    foreach ($folders as $namespace => $folder) {
        if (strncmp($class, $namespace, strlen($namespace)) === 0) {
            require "$folder/" . strtr(substr($class, strlen($namespace)), '\\', '/') . '.php';
            return;
        }
    }
});
