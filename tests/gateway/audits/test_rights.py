"""Whatever gives somebody rights is audited, also where a command does it."""

from typing import Any

from sqlalchemy import text

from gateway.passwords import usecases as passwords
from gateway.people import usecases as people
from gateway.vault import Vault
from shared.chain.sequencer import head


async def test_enrolling_staff_is_audited_without_name_or_secret(archive: Any) -> None:
    vault, now = archive.run.part(Vault), archive.clock.now()
    async with archive.run.database.transaction() as session:
        staff_id = await people.enrol(
            session, name="Demo Verifikator", roles=("laksa_verifier",), agency="dpupr", vault=vault, now=now
        )
        await passwords.give(
            session,
            staff_id,
            username="demo.verifier",
            password_hash="argon2",
            totp_secret="JBSWY3DPEHPK3PXP",
            vault=vault,
            now=now,
        )
    lines = (await archive.get(subject=f"staff:{staff_id}")).json()["items"]
    assert [(line["action"], line["actor"], line["facts"]) for line in lines] == [
        ("staff_given_sign_in", "command", {"second_factor": True}),
        ("staff_enrolled", "command", {"roles": ["laksa_verifier"], "agency": "dpupr"}),
    ]
    async with archive.run.database.transaction() as session:
        kept = str((await session.execute(text("SELECT a::text, e::text FROM audits a, entries e"))).all())
    assert not [word for word in ("Demo", "demo.verifier", "argon2", "JBSWY3DP") if word in kept]


async def test_what_is_chained_is_sealed_for_others_to_keep(archive: Any) -> None:
    while await archive.run.sequencer.chain_waiting():
        pass
    await archive.run.sequencer.seal()
    async with archive.run.database.transaction() as session:
        seq, digest = await head(session)
        sent = await session.execute(text("SELECT data FROM outbox WHERE type = 'gateway.chain_sealed.v1'"))
        assert sent.scalars().all() == [{"seq": seq, "hash": digest.hex()}]
