<?php

declare(strict_types=1);

/*
 * A host for the package in the place of EasyEngine. It calls the hooks that a real one called for the same
 * command line, in that order, with those arguments (../recorded), and starts the children that it
 * started. It is a recording: what EasyEngine does between its hooks is not there. Instead it says where it
 * is, and does what it is told: see Stops.
 *
 *     php ee.php ARGUMENTS OF EE       $EE_ROOT_DIR is the folder of this EasyEngine
 */

use Sitelock\EasyEngine\Tests\Host\Replay;

define('EE_ROOT_DIR', getenv('EE_ROOT_DIR'));
define('EE_BACKUP_DIR', EE_ROOT_DIR . '/.backup');

require __DIR__ . '/EE.php';
require __DIR__ . '/library.php';
require __DIR__ . '/Stops.php';
require __DIR__ . '/Replay.php';

// What composer makes of the "autoload" of composer.json.
spl_autoload_register(static function (string $class): void {
    if (strncmp($class, 'Sitelock\EasyEngine\\', 20) === 0) {
        require __DIR__ . '/../../src/' . strtr(substr($class, 20), '\\', '/') . '.php';
    }
});
if (is_string(getenv('EE_VENDOR'))) { // with other packages beside it
    require getenv('EE_VENDOR') . '/autoload.php';
}
require __DIR__ . '/../../hooks.php';

$words = array_slice($argv, 1);
if (($words[0] ?? '') === 'lock') {
    EE::run_added_command($words);
} else {
    Replay::of($words)->play();
}
exit;
