--TEST--
A busy lock names pid, user, host, command, label, age and what comes next
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$child = new Child('$lock = new Sitelock\FileLock($path, "nightly backup"); $lock->acquire(); say("locked"); hear();', $path);
$child->hear();
$lock = new Sitelock\FileLock($path);
try {
    $lock->synchronized(function () { echo "never\n"; }, 0.0);
} catch (Sitelock\BusyException $e) {
    $holder = $e->getHolders()[0];
    check('one holder', count($e->getHolders()) === 1);
    check('its pid', $holder->getPid() === $child->pid());
    check('its host', $holder->getHost() === php_uname('n'));
    check('its user', $holder->getUser() === posix_getpwuid(posix_geteuid())['name']);
    check('its label', $holder->getLabel() === 'nightly backup');
    check('its command', $holder->getCommand() !== '');
    check('since when', abs($holder->getSince() - microtime(true)) < 60);
    check('alive, exclusive, nobody special', $holder->isAlive() === true && !$holder->isShared() && !$holder->isSelf()
        && !$holder->isAncestor() && !$holder->isInherited() && $holder->getEnd() === null);
    $start = sprintf('%s is locked by pid %d (%s@%s, "', $path, $child->pid(), $holder->getUser(), $holder->getHost());
    check('who', strpos($e->getMessage(), $start) === 0);
    check('how long and what next', (bool) preg_match('/, nightly backup\) for \d+ s, exclusive; it becomes free when that ends$/', $e->getMessage()));
}
$child->wait();
check('free again', $lock->getHolders() === []);
?>
--EXPECT--
ok one holder
ok its pid
ok its host
ok its user
ok its label
ok its command
ok since when
ok alive, exclusive, nobody special
ok who
ok how long and what next
ok free again
