--TEST--
An owner who was killed is reported to every next owner until markConsistent()
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$hold = '$lock = new Sitelock\FileLock($path, "the backup"); $lock->acquire(); say("locked"); hear();';
$child = new Child($hold, $path);
$pid = $child->pid();
$child->hear();
$child->kill();

$lock = new Sitelock\FileLock($path);
check('free at once', $lock->acquire());
$dead = $lock->getAbandonedBy();
check('one', count($dead) === 1);
check('its pid, label, host', $dead[0]->getPid() === $pid && $dead[0]->getLabel() === 'the backup' && $dead[0]->getHost() === php_uname('n'));
check('dead', $dead[0]->isAlive() === false && $dead[0]->getEnd() === 'killed or crashed');
echo preg_replace(['/pid \d+/', '/\(.*the backup/', '/before .*/'], ['pid N', '(…the backup', 'before …'], $dead[0]), "\n";
$lock->release();

$lock->acquireShared();
check('a shared owner is told', count($lock->getAbandonedBy()) === 1);
$lock->release();
check('still known after release', count($lock->getAbandonedBy()) === 1);

Child::run('$lock = new Sitelock\FileLock($path); $lock->acquire(); $lock->release();', $path);
$second = new Child($hold, $path);
$second->hear();
$second->kill();
$lock->acquire();
check('also when others ran and died in between', array_map(function ($h) { return $h->getEnd(); }, $lock->getAbandonedBy())
    === ['killed or crashed', 'killed or crashed'] && $lock->getAbandonedBy()[0]->getPid() === $pid);
$lock->markConsistent();
check('markConsistent() ends it', $lock->getAbandonedBy() === []);
$lock->release();
$lock->acquire();
check('for everybody', $lock->getAbandonedBy() === []);
?>
--EXPECT--
ok free at once
ok one
ok its pid, label, host
ok dead
pid N (…the backup), killed or crashed before …
ok a shared owner is told
ok still known after release
ok also when others ran and died in between
ok markConsistent() ends it
ok for everybody
